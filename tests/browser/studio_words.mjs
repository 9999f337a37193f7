// Edits the words of a talk by keys and mouse; prints the observed values as JSON.
// node studio_words.mjs <address with secret> <chromium> [picture], in a folder with playwright-core and axe-core.
//
// The sound is 20 seconds of silence, and its pauses are given; edits of the catalogue are kept in memory.
import fs from "node:fs";
import { createRequire } from "node:module";
const require = createRequire(process.cwd() + "/");
const { chromium } = require("playwright-core");
const [, , address, executablePath, picture] = process.argv;
const args = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"];
const browser = await chromium.launch({ executablePath, args });
const seen = { console: [], edits: [], axe: [] };
const context = await browser.newContext({ viewport: { width: 1280, height: 1000 } });
const tab = await context.newPage();
tab.setDefaultTimeout(8000);
tab.on("console", (message) => seen.console.push(message.text()));
tab.on("pageerror", (error) => seen.console.push(error.stack));

const api = new URL("/api/talks/first", address).href;
const wav = Buffer.alloc(44 + 20 * 16000);
wav.write("RIFF", 0); wav.writeUInt32LE(wav.length - 8, 4); wav.write("WAVEfmt ", 8); wav.writeUInt32LE(16, 16);
wav.writeUInt16LE(1, 20); wav.writeUInt16LE(1, 22); wav.writeUInt32LE(8000, 24); wav.writeUInt32LE(16000, 28);
wav.writeUInt16LE(2, 32); wav.writeUInt16LE(16, 34); wav.write("data", 36); wav.writeUInt32LE(wav.length - 44, 40);
await tab.route(/\/sound\.wav/, (route) => {
  const [, from, to] = /bytes=(\d+)-(\d*)/.exec(route.request().headers().range ?? "bytes=0-") ?? [];
  const end = to ? Number(to) : wav.length - 1;
  const headers = { "Content-Type": "audio/wav", "Accept-Ranges": "bytes", "Content-Range": `bytes ${from}-${end}/${wav.length}` };
  return route.fulfill({ status: 206, headers, body: wav.subarray(Number(from), end + 1) });
});
await tab.route(/\/waveform\.json/, (route) => route.fulfill({ json: { complete: true, sound: true, progress: 1, pauses: [[900, 1100], [2900, 3100], [4000, 4040], [4900, 5200]] } }));
let values = {};
await tab.route(api, async (route) => {
  const answer = await route.fetch();
  const talk = await answer.json();
  await route.fulfill({ json: { ...talk, values: { ...talk.values, ...values } } });
});
await tab.route(`${api}/edits`, async (route) => {
  const { changes } = route.request().postDataJSON();
  seen.edits.push(changes);
  for (const { key, value } of changes) value === null ? delete values[key] : (values[key] = value);
  await route.fulfill({ json: { version: 1, values: {}, problems: [] } });
});

const texts = () => tab.$$eval("#cues .text", (all) => all.map((one) => one.textContent));
const names = () => tab.$$eval("#cues .who", (all) => all.map((one) => one.textContent));
const time = () => tab.evaluate(() => document.querySelector("audio").currentTime);
const seek = (seconds) => tab.evaluate((s) => { document.querySelector("audio").currentTime = s; }, seconds);
const settled = async () => { await tab.waitForTimeout(150); await tab.waitForFunction(() => document.body.dataset.waiting !== "true"); await tab.waitForTimeout(50); };
const press = async (...keys) => { for (const key of keys) await tab.keyboard.press(key); await settled(); };
const axe = async (place) => {
  await tab.evaluate(fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
  const found = await tab.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  for (const one of found.violations) seen.axe.push(`${place}: ${one.id}: ${one.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
};

await tab.goto(address);
await tab.waitForSelector("table");
await tab.goto(new URL("/talks/first/sound", address).href);
await tab.waitForSelector("#cues .text");
seen.html = await (await context.request.get(new URL("/talks/first/sound", address).href)).text();
seen.texts = await texts();
seen.unsure = await tab.textContent("#cues .unsure");
seen.notes = await tab.$$eval("#cues .notes", (all) => all.map((one) => one.textContent.trim()));

// The cue said now, and a click on a word.
await seek(6);
await tab.waitForSelector("#cues li:nth-child(3).now");
const box = await tab.$eval("#cues li:nth-child(1) .text", (text) => {
  const range = document.createRange();
  range.setStart(text.firstChild, 6);
  range.setEnd(text.firstChild, 8);
  const { x, y, width, height } = range.getBoundingClientRect();
  return { x: x + width / 2, y: y + height / 2 };
});
await tab.mouse.click(box.x, box.y);
await settled();
seen.clicked = await time();
seen.follows = await tab.isChecked("#words-follow");

// Edit in place, undo, redo.
await press("Enter", "End");
await tab.keyboard.type(" tonight");
await press("Enter");
seen.edited = (await texts())[0];
await press("Control+z");
seen.undone = (await texts())[0];
await press("Control+Shift+z");
seen.redone = (await texts())[0];
await press("Enter");
await tab.keyboard.type("lost");
await press("Escape");
seen.left = (await texts())[0];

// Split at the caret, join again.
await press("Enter", "Home");
for (let count = 0; count < 4; count += 1) await tab.keyboard.press("ArrowRight");
await press("Control+Enter");
seen.split = (await texts()).slice(0, 2);
await press("Enter", "Home", "Control+Backspace");
seen.joined = (await texts())[0];

// Speakers.
await press("s");
await axe("speaker");
await tab.fill("#speaker-new", "Cleo New");
await tab.click("#speaker-all");
await settled();
seen.speakers = await names();

// Find and replace with single places.
await press("f");
await tab.uncheck("#find-words");
await tab.fill("#find-with", "LL");
await tab.fill("#find-text", "ll");
await press("Enter");
seen.found = await tab.textContent("#find-status");
await axe("find");
await tab.click("#find-hits li:nth-child(2) input");
seen.places = await tab.textContent("#find-replace");
await tab.click("#find-replace");
await settled();
seen.replaced = await texts();

// Words that are cut: selected by keys while editing, corrected by keys.
await tab.focus("#cues .chosen .text");
await press("Home", "ArrowDown", "Enter", "Home");
for (let count = 0; count < 12; count += 1) await tab.keyboard.press("Shift+ArrowRight");
await press("Alt+x");
seen.proposed = [await tab.inputValue("#words-from"), await tab.inputValue("#words-to")];
await tab.focus("#words-to");
await press("ArrowUp");
await axe("span");
if (picture) await tab.screenshot({ path: picture });
await press("Enter");
await tab.waitForSelector("#marks tr");
seen.mark = await tab.$eval("#marks tbody tr", (row) => row.textContent);
await press("Control+z");
await tab.waitForSelector("#no-marks:not([hidden])");
await press("Control+z");
seen.oneStack = await texts();
await press("Control+y", "Control+y");

// Whole cues are selected and silenced by keys.
await tab.focus("#cues .chosen .text");
await press("Home", "Shift+ArrowDown", "m");
seen.silenced = [await tab.inputValue("#words-from"), await tab.inputValue("#words-to")];
await press("Escape");

// The last seconds again, slower.
await seek(10);
await settled();
await press("r");
seen.replay = await tab.evaluate(() => { const a = document.querySelector("audio"); return [a.playbackRate, a.paused, a.currentTime < 10]; });
await tab.evaluate(() => document.querySelector("audio").pause());
await axe("page");
await tab.selectOption("#words-language", "ur");
await settled();
seen.urdu = await tab.$eval("#cues", (cues) => [cues.dir, cues.lang, getComputedStyle(cues.querySelector(".text")).direction]);
if (picture) await tab.screenshot({ path: picture.replace(".png", "-ur.png") });
console.log(JSON.stringify(seen));
await browser.close();
