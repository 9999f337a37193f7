// Opens a review file from disk with the network off, answers as a guest does, prints what was seen as JSON.
// node review.mjs <file> <chromium> <passphrase or ""> <folder for pictures or "">, in a folder with playwright-core
// and axe-core.
import { createRequire } from "node:module";
import fs from "node:fs";
import { pathToFileURL } from "node:url";
const require = createRequire(process.cwd() + "/");
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [, , file, executablePath, passphrase, pictures] = process.argv;
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"] });
const seen = { problems: [], requests: [], stored: [] };

async function open(width, colorScheme, more = {}) {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme, offline: true, ...more });
  const tab = await context.newPage();
  tab.on("console", message => seen.problems.push(`console: ${message.text()}`));
  tab.on("pageerror", error => seen.problems.push(`error: ${error.message}`));
  tab.on("request", request => { if (!/^(file|blob):/.test(request.url())) seen.requests.push(request.url()); });
  await tab.goto(pathToFileURL(file).href);
  return tab;
}
async function unlock(tab, words) {
  if (!passphrase) return;
  await tab.fill("#passphrase", words);
  await tab.keyboard.press("Enter");
}
async function audit(tab, view) {
  await tab.evaluate(axe);
  const found = await tab.evaluate(async () => {
    const { violations } = await axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
    return violations.flatMap(v => v.nodes.map(node => `${v.id}: ${node.target.join(" ")}`));
  });
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth);
  if (wide > tab.viewportSize().width) found.push(`scrolls sideways: ${wide}`);
  seen.problems.push(...found.map(problem => `${view}: ${problem}`));
  if (pictures) await tab.screenshot({ path: `${pictures}/${view}.png`, fullPage: true });
}

for (const width of [375, 1280]) for (const scheme of ["light", "dark"]) {
  const tab = await open(width, scheme, { bypassCSP: true });
  if (passphrase) {
    await audit(tab, `locked-${width}-${scheme}`);
    await unlock(tab, passphrase);
    await tab.waitForSelector("#sound");
  }
  await audit(tab, `page-${width}-${scheme}`);
  await tab.click("#here");
  await audit(tab, `panel-${width}-${scheme}`);
  await tab.context().close();
}

const tab = await open(375, "light");
seen.secure = await tab.evaluate(() => isSecureContext && Boolean(crypto.subtle));
if (passphrase) {
  await unlock(tab, "not the passphrase");
  await tab.waitForSelector("#wrong:not([hidden])");
  await unlock(tab, passphrase);
  await tab.waitForSelector("#sound");
}
seen.language = await tab.evaluate(() => [document.documentElement.lang, document.documentElement.dir]);
seen.duration = await tab.evaluate(() => new Promise(resolve => {
  const sound = document.getElementById("sound");
  const tell = () => resolve(sound.duration);
  if (sound.readyState) tell(); else { sound.addEventListener("loadedmetadata", tell); sound.addEventListener("error", () => resolve(-1)); }
}));
// A chapter, by keyboard.
await tab.focus(".chapters .seek >> nth=1");
await tab.keyboard.press("Enter");
await tab.waitForFunction(() => document.getElementById("sound").currentTime > 0.2);
seen.seeked = await tab.evaluate(() => document.getElementById("sound").currentTime);
await tab.evaluate(() => document.getElementById("sound").pause());
// The second cue is taken out, from the selected words.
await tab.evaluate(() => {
  const cue = document.querySelectorAll(".cue")[1];
  getSelection().selectAllChildren(cue);
});
await tab.click("#selected");
await tab.fill("#note", "My cousin \u202E<b>is named</b> here");
await tab.click("#form .main");
// The first cue is corrected, by keyboard alone.
await tab.focus(".line .mark >> nth=0");
await tab.keyboard.press("Enter");
await tab.keyboard.press("ArrowDown");
await tab.keyboard.press("ArrowDown");
seen.kind = await tab.evaluate(() => document.getElementById("form").elements.kind.value);
await tab.fill("#corrected", (await tab.inputValue("#corrected")) + " Once more.");
await tab.keyboard.press("Enter");
await tab.evaluate(() => document.getElementById("form").requestSubmit());
// A passage at the player's place is silenced.
await tab.evaluate(() => { document.getElementById("sound").currentTime = 0.5; });
await tab.click("#here");
await tab.check("input[value=mute]");
await tab.evaluate(() => { document.getElementById("sound").currentTime = 0.8; });
await tab.click("[data-edge=end]:not([data-by])");
await tab.click("#form .main");
await tab.check("input[name=feed][value=yes]");
await tab.check("input[name=youtube][value=no]");
await tab.fill("#remark", "Thank you.");
seen.marks = await tab.evaluate(() => document.querySelectorAll("#marks > li").length);
await tab.click("#make");
await tab.waitForSelector("#answer:not([hidden])");
seen.answer = await tab.inputValue("#text");
const [download] = await Promise.all([tab.waitForEvent("download"), tab.click("#save")]);
seen.name = download.suggestedFilename();
seen.saved = fs.readFileSync(await download.path(), "utf8");
seen.stored = await tab.evaluate(() => { try { return [localStorage.length, sessionStorage.length, document.cookie]; } catch { return []; } });
if (pictures) await tab.screenshot({ path: `${pictures}/answered-375.png`, fullPage: true });
await browser.close();
console.log(JSON.stringify(seen));
