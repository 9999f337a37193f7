// The essential part of a producer's work in Firefox, over WebDriver BiDi; prints what was seen as JSON.
// node studio_firefox.mjs <address with secret> <firefox> <talk> [picture], in a folder with puppeteer-core.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
const found = createRequire(process.cwd() + "/").resolve("puppeteer-core");
const { default: puppeteer } = await import(pathToFileURL(found).href);
const [, , address, executablePath, talk, picture] = process.argv;
const browser = await puppeteer.launch({
  browser: "firefox", executablePath, headless: true,
  extraPrefsFirefox: { "media.autoplay.default": 0, "media.autoplay.blocking_policy": 0 },
});
const page = await browser.newPage();
await page.setViewport({ width: 1280, height: 900 });
const seen = { errors: [] };
page.on("pageerror", (error) => seen.errors.push(error.message));
page.on("console", (message) => message.type() === "error" && seen.errors.push(message.text()));
process.on("uncaughtException", async (error) => {
  const state = await page.evaluate(() => `${location.href}\n${document.activeElement?.outerHTML}\n${document.body.innerText}`).catch(String);
  process.stderr.write(`${error.stack}\n${JSON.stringify(seen)}\n${state}\n`);
  await browser.close();
  process.exit(1);
});
const press = async (...keys) => {
  for (const key of keys) {
    const parts = key.split("+");
    for (const one of parts.slice(0, -1)) await page.keyboard.down(one);
    await page.keyboard.press(parts.at(-1));
    for (const one of parts.slice(0, -1).reverse()) await page.keyboard.up(one);
  }
};
const until = (test, ...values) => page.waitForFunction(test, { timeout: 30000 }, ...values);
const go = (path) => page.goto(new URL(path, address).href);
const blur = () => page.evaluate(() => document.activeElement.blur());

await page.goto(address);
await page.waitForSelector("#new-talk");
await until(() => document.querySelectorAll("table.board tbody tr").length > 0);
await go(`/talks/${talk}/sound`);
await until(() => document.getElementById("preparing")?.textContent === "");

// A chapter and a cut by key, and their undo.
await press("Shift+ArrowRight", "Alt+c");
await until(() => document.activeElement.matches("#marks input"));
await page.keyboard.type("In Firefox");
await press("Enter", "ArrowRight", "Alt+x", "ArrowRight", "Alt+x");
await until(() => document.querySelectorAll("#marks tr[data-key=cut]").length === 1);
await press("ArrowRight");
seen.cut = await page.$$eval("#marks tr[data-key=cut] .edge", (all) => all.map((one) => one.textContent));
await press("Escape", "Control+z", "Control+z");
await until(() => document.querySelectorAll("#marks tr[data-key=cut]").length === 0);
await press("Control+Shift+z");
await until(() => document.querySelectorAll("#marks tr[data-key=cut]").length === 1);

// It plays, and a join is heard.
await blur();
await press(" ");
await until(() => document.getElementById("recording").currentTime > 8);
await press(" ");
await until(() => document.getElementById("recording").paused);
seen.rate = await page.evaluate(() => document.getElementById("recording").playbackRate);
await press("p");
await until(() => document.getElementById("join").currentTime > 0.2);
await press(" ");
const colours = await page.evaluate(() => {
  const canvas = document.getElementById("waveform");
  const row = canvas.getContext("2d").getImageData(0, Math.round(canvas.height * 0.47), canvas.width, 1).data;
  return new Set(Array.from({ length: canvas.width }, (_, x) => row.slice(4 * x, 4 * x + 3).join())).size;
});
seen.isDrawn = colours > 1;

// Words: edited in place, split, found and replaced.
await page.focus("#cues .text");
await press("Home", "Enter", "End");
await page.keyboard.type(" indeed");
await press("Enter");
await until(() => document.body.dataset.waiting !== "true");
seen.edited = await page.$eval("#cues .text", (one) => one.textContent);
await press("Enter", "Home");
for (let count = 0; count < 5; count += 1) await press("ArrowRight");
await press("Control+Enter");
await until(() => document.body.dataset.waiting !== "true");
seen.split = (await page.$$eval("#cues .text", (all) => all.map((one) => one.textContent))).slice(0, 2);
await press("f");
await page.waitForSelector("#find-dialog[open]");
await page.keyboard.type("river");
await press("Tab");
await page.keyboard.type("lake");
await press("Enter");
await until(() => document.querySelectorAll("#find-hits li").length > 0);
await page.focus("#find-replace");
await press("Enter");
await until(() => document.getElementById("words-status").textContent.includes("replaced"));
// Words that are selected by key are cut.
await page.focus("#cues .text");
await press("Home", "Shift+ArrowDown", "x");
await page.waitForSelector("#words-span:not([hidden])");
seen.span = await page.$$eval("#words-from, #words-to", (all) => all.map((one) => one.value));
await press("Escape");
if (picture) await page.screenshot({ path: picture });

// Details save themselves; the plan is shown.
await go(`/talks/${talk}`);
await until(() => document.getElementById("f-title")?.value);
await page.focus("#f-summary");
await page.keyboard.type("Seen in Firefox.");
await press("Tab");
await until(() => /^Saved/.test(document.getElementById("saved").textContent));
await go(`/talks/${talk}/release`);
await page.waitForSelector("#plan[aria-busy=false]");
seen.plan = await page.$eval("#plan", (plan) => plan.textContent.includes("In the feed"));
await browser.close();
console.log(JSON.stringify(seen));
