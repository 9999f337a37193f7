// Operates the pages as a reader does; prints the observed values as JSON.
// node interaction.mjs <address> <chromium> <public>, in a folder with playwright-core.
import { createRequire } from "node:module";
import fs from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
const { chromium } = createRequire(process.cwd() + "/")("playwright-core");
const [, , address, executablePath, folder] = process.argv;
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"] });
const seen = { console: [], foreign: [] };
const watch = tab => {
  tab.on("console", message => seen.console.push(message.text()));
  tab.on("pageerror", error => seen.console.push(error.message));
  tab.on("request", request => { if (!request.url().startsWith(address)) seen.foreign.push(request.url()); });
  return tab;
};
const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
const tab = watch(await context.newPage());
const talk = address + "episodes/whole/";
const until = async (condition, value) => { try { await tab.waitForFunction(condition, value, { timeout: 5000 }); return true; } catch { return false; } };
const at = second => until(s => { const a = document.querySelector("audio"); return a.currentTime >= s && a.currentTime < s + 5; }, second);

await tab.goto(talk + "#t=0:40");
seen.waits = await tab.evaluate(() => document.querySelector("audio").paused);
await tab.click(".deck .play");
seen.shared = await at(40);
await tab.click(".chapters li:nth-child(2) .seek");
seen.chapter = await at(20);
seen.marked = await until(() => document.querySelector(".chapters .now")?.textContent.includes("Middle"));
await tab.click(".notes a.time");
seen.note = await at(20);
await tab.click(".turn:nth-of-type(2) .at");
seen.turn = await at(10);
seen.follows = await until(() => document.querySelector(".cue.now")?.textContent.includes("perpendicular"));
await tab.focus("input[type=range]");
await tab.keyboard.press("PageUp");
seen.keys = await at(40);
await tab.keyboard.press(" ");
seen.space = await until(() => document.querySelector("audio").paused);
await tab.fill("#find", "perpendicular");
seen.found = await tab.textContent(".find [role=status]");
await tab.goto(talk);
seen.remembered = await tab.textContent(".saying .word");
await tab.click(".forget");
seen.kept = await tab.evaluate(() => localStorage.length);

// The address has no place to play from afterwards: neither a reload nor a copy of it plays.
await tab.goto(address);
await tab.click('.talk a[href$="episodes/whole/#player"]');
seen.listed = await until(() => !document.querySelector("audio").paused && !location.hash);
await tab.click(".later-chapter");
seen.next = await at(20);
await tab.click(".later-chapter");
seen.last = await at(40) && await tab.isDisabled(".later-chapter");
await tab.click(".earlier-chapter");
seen.previous = await at(20);
await tab.click(".share");
await tab.waitForSelector(".shared:not([hidden])");
seen.share = await tab.inputValue(".shared input");
await tab.locator(".volume").fill("0.5");
await tab.click(".mute");
seen.mute = await tab.evaluate(() => document.querySelector("audio").muted);
await tab.goto(talk);
seen.volume = await tab.evaluate(() => document.querySelector("audio").volume);

// The picture and the sound take turns, at one place.
await tab.goto(address + "episodes/persian/#t=0:20");
await tab.click(".deck .play");
await at(20);
const film = second => until(s => { const v = document.querySelector("video"), a = document.querySelector("audio"); return a.paused && !v.paused && v.currentTime >= s && v.currentTime < s + 5; }, second);
seen.poster = await tab.evaluate(() => { const v = document.querySelector("video"); return v.controls && v.preload === "none" && v.readyState === 0 && v.poster.endsWith("/card.jpg"); });
await tab.evaluate(() => document.querySelector("video").play());
seen.film = await film(20);
await tab.click(".chapters li:nth-child(3) .seek");
seen.filmChapter = await film(40);
await tab.click(".deck .play");
seen.sound = await at(40) && await tab.evaluate(() => document.querySelector("video").paused);
await tab.click(".chapters li:nth-child(2) .seek");
seen.both = await at(20) && await tab.evaluate(() => { const v = document.querySelector("video"); return v.paused && Math.abs(v.currentTime - 20) < 1 && !document.querySelector("audio").paused; });
await tab.click(".forget");

seen.reached = await tab.evaluate(() => scrollTo(0, 0));
const reached = new Set();
for (let n = 0; n < 80; n++) {
  await tab.keyboard.press("Tab");
  reached.add(await tab.evaluate(() => { const e = document.activeElement; return e.id || e.className || e.tagName; }));
}
seen.reached = [...reached];

await tab.goto(address + "search/");
const before = [];
tab.on("request", request => { if (request.url().endsWith(".json")) before.push(request.url()); });
await tab.waitForTimeout(200);
seen.idle = before.length;
await tab.fill("#sought", "perpendic");
await tab.waitForSelector(".results mark");
seen.results = await tab.$$eval(".results li", items => items.map(item => item.textContent));
await tab.fill("#sought", "عمودي");
seen.urdu = await until(() => document.querySelector(".results mark")?.textContent.includes("عمودی"));
await tab.click(".results .where a");
await tab.waitForLoadState();
seen.landed = tab.url();

// The lower edge of the play button on a phone's first screen, below a title of three lines.
const phone = watch(await (await browser.newContext({ viewport: { width: 375, height: 667 } })).newPage());
seen.ends = [];
for (const slug of ["whole", "urdu", "persian"]) {
  await phone.goto(`${address}episodes/${slug}/`);
  await phone.waitForSelector(".play");
  seen.ends.push(await phone.evaluate(() => {
    const title = document.querySelector("h1"), word = " " + title.innerText.split(" ")[0];
    const lines = () => Math.round(title.clientHeight / parseFloat(getComputedStyle(title).lineHeight));
    while (lines() < 3) title.append(word);
    return document.querySelector(".play").getBoundingClientRect().bottom;
  }));
}
// The menu opens where the reader is.
await phone.evaluate(() => scrollTo(0, 5));
await phone.evaluate(() => document.querySelector("summary").click());
seen.menu = await phone.isVisible(".menu a[href$='subscribe/']") && await phone.evaluate(() => scrollY) === 5;
await phone.focus(".menu a");
await phone.keyboard.press("Escape");
seen.menuClosed = await phone.isHidden(".menu a[href$='subscribe/']");

// Text of the other direction: its fonts, and the alignment of its times on a wide screen.
const family = (tab, selector) => tab.evaluate(s => getComputedStyle(document.querySelector(s)).fontFamily, selector);
await phone.goto(`${address}episodes/urdu/`);
await phone.evaluate(() => {
  document.querySelector(".notes .read").lang = "ur";
  document.querySelector(".notes h3").dir = "rtl";
});
seen.nastaliq = (await family(phone, ".notes h3")).startsWith("Nastaliq");
await tab.goto(talk);
seen.naskh = (await family(tab, ".notes li[dir=rtl]")).includes("Naskh");
seen.margins = await tab.$$eval(".at", times => new Set(times.map(one => one.getBoundingClientRect().left)).size);

// A page in Pashto; browsers may lack its digits, so the page contains them.
await phone.route(talk, async route => {
  const page = await (await route.fetch()).text();
  const body = page.replace('lang="en"', 'lang="ps"').replace('data-digits="0123456789"', 'data-digits="۰۱۲۳۴۵۶۷۸۹"');
  await route.fulfill({ contentType: "text/html", body });
});
await phone.goto(talk);
seen.speed = await phone.textContent(".speed");

const without = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 375, height: 667 } });
const bare = watch(await without.newPage());
await bare.goto(talk);
seen.native = await bare.isVisible("audio[controls]");
seen.words = await bare.innerText("main");
seen.dead = await bare.locator("button:visible, input:visible").count();

// Opened from disk: every link leads to a file, and search says that it needs a server.
const disk = await context.newPage();
const toRead = [pathToFileURL(folder).href + "/index.html"], met = new Set(toRead);
seen.fromDisk = [];
for (const page of toRead) {
  await disk.goto(page);
  for (const link of await disk.$$eval("a[href]", links => links.filter(link => link.protocol === "file:").map(link => link.href.split("#")[0]))) {
    if (met.has(link)) continue;
    met.add(link);
    if (!fs.existsSync(fileURLToPath(link)) || fs.statSync(fileURLToPath(link)).isDirectory()) seen.fromDisk.push(link.split("/public/")[1]);
    else if (link.endsWith(".html")) toRead.push(link);
  }
}
seen.pagesFromDisk = toRead.length;
await disk.goto(pathToFileURL(folder).href + "/search/index.html");
seen.searchFromDisk = await disk.isVisible(".disk") && await disk.isHidden("#search");

// Requests to another host are expected from here on, because the reader clicked the video.
const own = seen.foreign.length;
const video = await context.newPage();
await video.route("https://www.youtube-nocookie.com/**", route => route.fulfill({ contentType: "text/html", body: "<title>x</title>" }));
await video.goto(talk + "#t=0:20");
await video.click("#video a");
seen.video = await video.getAttribute("#video iframe", "src");
seen.foreign.length = own;
await browser.close();
console.log(JSON.stringify(seen));
