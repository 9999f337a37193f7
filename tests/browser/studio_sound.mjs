// Edits the marks of a talk by keys and mouse; prints the observed values as JSON.
// node studio_sound.mjs <address with secret> <chromium>, in a folder with playwright-core.
//
// The server's edits are replaced by values in memory: what is sent is what is looked at here.
import { createRequire } from "node:module";
const { chromium } = createRequire(process.cwd() + "/")("playwright-core");
const [, , address, executablePath] = process.argv;
const args = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"];
const browser = await chromium.launch({ executablePath, args });
const seen = { console: [], edits: [] };
const context = await browser.newContext({ viewport: { width: 1280, height: 1000 } });
const tab = await context.newPage();
tab.on("console", (message) => seen.console.push(message.text()));
tab.on("pageerror", (error) => seen.console.push(error.message));

const api = new URL("/api/talks/first", address).href;
let values = {};
let conflicts = null;
await tab.route(`${api}/edits`, async (route) => {
  const { changes } = route.request().postDataJSON();
  if (conflicts) {
    const found = conflicts;
    conflicts = null;
    await route.fulfill({ status: 409, json: { conflicts: found(changes) } });
    return;
  }
  seen.edits.push(changes.map(({ key, value }) => ({ key, value })));
  for (const { key, value } of changes) value === null ? delete values[key] : (values[key] = value);
  await route.fulfill({ json: { version: 1, values: {}, problems: [] } });
});
await tab.route(api, async (route) => {
  const answer = await route.fetch();
  const talk = await answer.json();
  await route.fulfill({ response: answer, json: { ...talk, values: { ...talk.values, ...values } } });
});

const text = (selector) => tab.textContent(selector);
const settled = () => tab.waitForTimeout(250);
const press = async (...keys) => {
  for (const key of keys) await tab.keyboard.press(key);
  await settled();
};
const label = () => tab.evaluate(() => document.activeElement.getAttribute("aria-label"));

await tab.goto(address);
await tab.waitForSelector("#running", { state: "attached" });
await tab.goto(new URL("/talks/first/sound", address).href);
await tab.waitForFunction(() => document.getElementById("preparing").textContent === "", null, { timeout: 60000 });
const colours = () => tab.evaluate(() => {
  const canvas = document.getElementById("waveform");
  const row = canvas.getContext("2d").getImageData(0, 160, canvas.width, 1).data;
  return new Set(Array.from({ length: canvas.width }, (_, x) => row.slice(4 * x, 4 * x + 3).join())).size;
});
await tab.waitForFunction(() => document.getElementById("legend").textContent !== "");
await settled();
seen.drawn = (await colours()) > 1;

// By keys alone, with Alt so that the times are those of the play head.
await press("ArrowRight", "ArrowRight", "Alt+c");
await tab.keyboard.type("Questions");
await press("Enter");
await tab.evaluate(() => document.activeElement.blur());
await press("Shift+ArrowRight", "Alt+x");
seen.begun = await text("#doing");
await press("ArrowRight", "Alt+x");
seen.focus = await label();
await press("ArrowRight", "ArrowRight", "ArrowRight");
await tab.waitForTimeout(600);
seen.nudged = values.cut;
await press("Control+z");
seen.undone = values.cut;
await press("Control+Shift+Z");
seen.redone = values.cut;

// The join as it will sound.
await tab.locator("#marks tr[data-key=cut] .actions button").first().click();
await tab.waitForFunction(() => document.getElementById("join").currentTime > 0.3, null, { timeout: 20000 });
seen.join = await tab.evaluate(() => document.getElementById("join").duration);

// An edge by the mouse; a stretch that is selected and muted.
const box = await tab.locator("#waveform").boundingBox();
const x = (seconds) => box.x + (seconds / 12) * box.width;
const drag = async (from, to, y = 150) => {
  await tab.mouse.move(x(from), box.y + y);
  await tab.mouse.down();
  await tab.mouse.move(x(to) - 3, box.y + y, { steps: 3 });
  await tab.mouse.move(x(to), box.y + y);
  await tab.mouse.up();
  await settled();
};
await tab.keyboard.down("Alt");
await drag(8, 9);
await tab.keyboard.up("Alt");
seen.dragged = values.cut;
await tab.keyboard.down("Alt");
await drag(3, 4);
await tab.keyboard.up("Alt");
await press("m");
seen.muted = values.mute;
await drag(5, 5.5);
await press("Escape");
seen.selectionDropped = (await text("#doing")) === "";

// The same place changed outside: both are shown, and one is taken.
const theirs = { value: [["0:01", "0:02"]] };
conflicts = (changes) => changes.map(({ key, was, value }) => ({ key, base: was, yours: value, theirs: theirs.value }));
values = { ...values, mute: theirs.value };
await tab.locator("#marks tr[data-key=mute] .actions button").last().click();
await tab.waitForSelector("#conflict[open]");
seen.sides = await tab.locator("#sides pre").allTextContents();
await tab.click("#theirs");
await settled();
seen.theirs = await tab.locator("#marks tr[data-key=mute] .edge").first().textContent();

conflicts = (changes) => changes.map(({ key, was, value }) => ({ key, base: was, yours: value, theirs: theirs.value }));
theirs.value = values.mute = [["0:01", "0:02.5"]];
await tab.locator("#marks tr[data-key=mute] .actions button").last().click();
await tab.waitForSelector("#conflict[open]");
await tab.click("#mine");
await settled();
seen.mine = seen.edits.at(-1);

// A server that does not answer for a while: the edit waits.
let isGone = true;
await tab.route(`${api}/edits`, (route) => (isGone ? route.abort() : route.fallback()));
await tab.locator("#marks tr[data-key=cut] .actions button").last().click();
await settled();
seen.unsaved = await text("#doing");
isGone = false;
for (let count = 0; "cut" in values && count < 40; count += 1) await settled();
seen.sentLater = !("cut" in values);

// Playing, and the zoom.
await tab.waitForFunction(() => document.getElementById("join").ended);
await tab.evaluate(() => document.activeElement.blur());
await press("0", "Home", "+", "+", "+");
await press(" ");
await tab.waitForTimeout(700);
seen.playing = await text("#play");
await press(" ");
seen.paused = await text("#play");
seen.saved = values;
console.log(JSON.stringify(seen));
await browser.close();
