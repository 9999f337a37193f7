// Uses the parts of the studio together: two pages of one talk, and changes in the file; prints what was seen.
// node studio_seams.mjs <address with secret> <chromium> <talk> <another recording> <catalogue>, with playwright-core.
import fs from "node:fs";
import { keysOf, launch } from "./keyboard.mjs";
const [, , address, executablePath, talk, recording, catalogue] = process.argv;
const { browser, seen, open } = await launch(executablePath, address);
const details = await open(`/talks/${talk}`);
const page = await open(`/talks/${talk}/sound#t=8.5`);
const { type, press, reach } = keysOf(page);
const written = () => fs.readFileSync(catalogue, "utf8");
async function until(condition, name) {
  for (let count = 0; count < 150; count += 1) {
    if (await condition()) return;
    await page.waitForTimeout(100);
  }
  throw new Error(`${name} did not happen`);
}
const ready = () => page.waitForFunction(() => document.getElementById("preparing")?.textContent === "");
const duration = () => page.evaluate(() => document.getElementById("recording").duration);
const settled = () => page.waitForFunction(() => document.body.dataset.waiting !== "true");

// The address has a time.
await ready();
await until(() => page.evaluate(() => document.getElementById("recording").currentTime === 8.5), "the seek");

// One stack of undo for words and marks.
await reach("#cues .text");
await press("Home", "Enter", "End");
await type(" Truly.");
await press("Enter");
await settled();
await page.evaluate(() => document.activeElement.blur());
await press("Alt+b", "ArrowRight", "Alt+b");
await until(() => written().includes("soundbites"), "the soundbite");
const words = () => page.$eval("#cues .text", (one) => one.textContent);
await press("Control+z");
await until(() => !written().includes("soundbites"), "its undo");
seen.afterMark = await words();
await press("Control+z");
await settled();
seen.afterWords = await words();

// Ten edits in the file, ten here, and one on another page.
const before = written();
const external = (async () => {
  for (let number = 0; number < 10; number += 1) {
    for (let isSaved = false; !isSaved; ) {
      const text = written();
      fs.writeFileSync(`${catalogue}.editor`, text.replace('slug = "', `# Saved ${number}.\nslug = "`));
      await page.waitForTimeout(5);
      isSaved = written() === text;
      if (isSaved) fs.renameSync(`${catalogue}.editor`, catalogue);
    }
    await page.waitForTimeout(150);
  }
})();
const titles = await page.$$("#marks tr[data-key=chapters] input");
for (let number = 0; number < 10; number += 1) {
  const row = number % titles.length;
  await page.locator("#marks tr[data-key=chapters] input").nth(row).focus();
  await press("Control+a");
  await type(`Title ${number}`);
  await press("Enter");
  await page.waitForTimeout(50);
}
await details.fill("#f-summary", "From another page.");
await details.locator("#f-summary").blur();
await external;
await until(() => written().includes("Title 9") && written().includes("From another page."), "the edits");
seen.saved = Array.from({ length: 10 }, (_, number) => written().includes(`# Saved ${number}.\n`));
seen.titles = await page.$$eval("#marks tr[data-key=chapters] input", (all) => all.map((one) => one.value));
fs.writeFileSync(catalogue, before);
await until(async () => (await page.locator("#marks tr[data-key=chapters] input").first().inputValue()) === "Welcome", "the file's state");

// Another recording, while the sound is open elsewhere.
seen.durations = [await duration()];
await details.reload();
await details.waitForFunction(() => document.getElementById("f-title")?.value);
await details.setInputFiles("#f-recording", recording);
await details.waitForFunction(() => /^Saved/.test(document.getElementById("saved").textContent));
await page.waitForFunction((old) => Math.abs(document.getElementById("recording").duration - old) > 1, seen.durations[0]);
await ready();
seen.durations.push(await duration());
await details.click("#undo", { timeout: 2000 }).catch(() => {});
await browser.close();
console.log(JSON.stringify(seen));
