// Operates the pages as a reader does; prints the observed values as JSON.
// node interaction.mjs <address> <chromium>, in a folder with playwright-core.
import { createRequire } from "node:module";
const { chromium } = createRequire(process.cwd() + "/")("playwright-core");
const [, , address, executablePath] = process.argv;
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
