// Makes a talk from a recording to its page by keyboard alone; prints what was seen as JSON.
// node studio_producer.mjs <address with secret> <chromium> <recording> <transcript> <folder for pictures or "">,
// in a folder with playwright-core. Every answer is that of the server.
import { keysOf, launch } from "./keyboard.mjs";
const [, , address, executablePath, recording, transcript, pictures] = process.argv;
const { browser, seen, open } = await launch(executablePath, address);
const page = await open();
const { type, press, reach, choose, tabOf } = keysOf(page);
const picture = (name) => pictures && page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
const time = () => page.evaluate(() => document.getElementById("recording").currentTime);
const heard = (seconds) => page.waitForFunction((at) => document.getElementById("recording").currentTime >= at, seconds);
const marked = (kind, count) =>
  page.waitForFunction(([key, n]) => document.querySelectorAll(`#marks tr[data-key=${key}]`).length === n, [kind, count]);
const said = (text) => page.waitForFunction((wanted) => document.getElementById("words-status").textContent.includes(wanted), text);

// A new talk from an MP4.
await press("n");
await choose("#new-file", recording);
await page.waitForFunction(() => /uploaded$/.test(document.getElementById("chosen-name").textContent));
await page.waitForFunction(() => document.getElementById("new-slug").value !== "");
await reach("#new-form [type=submit]");
await press("Enter");
await page.waitForURL(/\/talks\/the-river$/);

// Five chapters and two cuts: by key at exact places, by ear while it plays.
await tabOf("/sound");
await page.waitForFunction(() => document.getElementById("preparing")?.textContent === "");
const titles = ["Welcome", "The spring", "The valley", "The sea", "Questions"];
async function chapter(key, title) {
  await press(key);
  await page.waitForFunction(() => document.activeElement.matches("#marks input"));
  await type(title);
  await press("Enter");
}
await chapter("Alt+c", titles[0]);
await press("Shift+ArrowRight", "Alt+x", "ArrowRight", "ArrowRight", "Alt+x");
await marked("cut", 1);
// The new cut has the focus: the arrow keys move its time, and Esc goes back to the play head.
await press("ArrowRight", "ArrowRight", "Escape", "Control+z");
seen.undone = await page.$eval("#marks tr[data-key=cut] .edge", (edge) => edge.textContent);
await press("ArrowRight", " ");
await heard(9.9);
await chapter("c", titles[1]);
await press(" ");
await page.waitForFunction(() => document.getElementById("recording").paused);
await press("Control+ArrowRight", "Control+ArrowRight", "Shift+ArrowLeft", "Shift+ArrowLeft");
while ((await time()) > 18) await press("ArrowLeft");
await press(" ");
await heard(19.6);
await press("x");
await heard(23.5);
await press("x", " ");
await marked("cut", 2);
await press("p");
await page.waitForFunction(() => document.getElementById("join").currentTime > 0.3);
seen.join = await page.evaluate(() => document.getElementById("join").duration);
await press(" ", "Escape");
const goTo = async (seconds) => {
  while ((await time()) > seconds) await press("Control+ArrowLeft");
  while ((await time()) < seconds - 1) await press("ArrowRight");
  while ((await time()) < seconds) await press(".");
};
for (const [number, seconds] of [[2, 15], [3, 27.5], [4, 32]]) {
  await goTo(seconds);
  await chapter("Alt+c", titles[number]);
}
await marked("chapters", 5);
await picture("marks");

// Words: a transcript is added, and a name corrected everywhere.
await choose("#words-file", transcript);
await reach("#words-upload");
await press("Enter");
await page.waitForSelector("#cues .text");
await press("f");
await page.waitForSelector("#find-dialog[open]");
await type("Catrin Muller");
await press("Tab");
await type("Kathrin Müller");
await press("Enter");
await page.waitForFunction(() => document.querySelectorAll("#find-hits li").length > 0);
seen.places = await page.textContent("#find-status");
await reach("#find-replace");
await press("Enter");
await said("replaced");
seen.words = await page.$$eval("#cues .text", (all) => all.map((one) => one.textContent));
await reach("#cues .text", "Shift+Tab");
await press("ArrowDown", "ArrowDown", "s");
await page.waitForSelector("#speaker-dialog[open]");
await reach("#speaker-new");
await type("Kathrin Müller");
await reach("#speaker-all");
await press("Enter");
await page.waitForFunction(() => document.querySelectorAll("#cues .who")[2].textContent === "Kathrin Müller");
seen.speakers = await page.$$eval("#cues .who", (all) => all.map((one) => one.textContent));
await picture("words");

// A guest.
await reach('.tabs a[href="/talks/the-river"]', "Shift+Tab");
await press("Enter");
await page.waitForFunction(() => document.getElementById("f-title")?.value);
await reach("#add-guests");
await type("Kathrin Müller");
await press("Enter");
await page.waitForSelector('[data-list="guests"] .found button');
await press("Enter");
await page.waitForFunction(() => /^Saved/.test(document.getElementById("saved").textContent));
await picture("details");

// Plan, release, page.
await tabOf("/release");
await page.waitForSelector("#plan[aria-busy=false]");
seen.plan = await page.textContent("#plan");
await press("r", "Enter");
await page.waitForSelector("#results [data-state=done]", { timeout: 120000 });
await press("l");
await reach("#moment [type=submit]");
await press("Enter");
const shown = page.frameLocator("#listen");
await shown.locator("h1").waitFor();
seen.page = (await shown.locator("body").textContent()).replace(/\s+/g, " ");
seen.chapters = await shown.locator("a[href^='#t=']").allTextContents();
await picture("released");
console.log(JSON.stringify(seen));
await browser.close();
