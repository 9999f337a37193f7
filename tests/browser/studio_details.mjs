// Makes a talk from a recording of the folder and describes it, with keys only; prints what was seen.
// node studio_details.mjs <address with secret> <chromium>, in a folder with playwright-core.
import { createRequire } from "node:module";
const require = createRequire(process.cwd() + "/");
const { chromium } = require("playwright-core");
const [, , address, executablePath] = process.argv;
const { origin } = new URL(address);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
const seen = { errors: [] };
page.on("pageerror", (error) => seen.errors.push(error.message));
const type = (text) => page.keyboard.type(text);
const press = async (...keys) => {
  for (const key of keys) await page.keyboard.press(key);
};
/** Presses Tab until the element that the selector finds has the focus. */
async function reach(selector, key = "Tab") {
  for (let count = 0; count < 120; count += 1) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${selector} is not reached with the keyboard`);
}
const saved = () => page.waitForFunction(() => /^Saved/.test(document.getElementById("saved").textContent));
const savedAfter = async (action) => {
  await page.evaluate(() => (document.getElementById("saved").textContent = ""));
  await action();
  await saved();
};

await page.goto(address);
await page.waitForSelector("#new-talk");
await page.waitForLoadState("networkidle");
await press("n");
await reach("#from-folder summary");
await press("Enter");
await page.waitForSelector("#folder-recordings input");
await reach("#folder-recordings input");
await press("Space");
await page.waitForFunction(() => document.getElementById("new-slug").value === "the-river");
seen.proposed = [await page.inputValue("#new-talk-title"), await page.inputValue("#new-slug")];
await reach("#new-form [type=submit]");
await press("Enter");
await page.waitForURL(/\/talks\/the-river/);
await page.waitForFunction(() => document.getElementById("f-title")?.value);
await reach("#f-summary");
await type("About a river.");
await savedAfter(() => reach("#f-notes"));
await type("Some **notes**.");
await savedAfter(() => reach("#add-guests"));
await type("ADA example");
await savedAfter(() => press("Enter"));
await type("Tomás Rivera");
await press("Enter");
await page.waitForSelector('[data-list="guests"] .found button');
await savedAfter(() => press("Enter"));
await reach('[data-list="guests"] li:nth-child(2) input', "Shift+Tab");
await type("Student");
await savedAfter(() => press("Enter"));
await reach('.edit-person[aria-label="Edit Tomás Rivera"]');
await press("Enter");
await page.waitForSelector("#person[open]");
await reach("#person-link");
await type("no address");
await page.waitForSelector("#person-link-problem:not([hidden])");
seen.linkProblem = await page.textContent("#person-link-problem");
await press("Control+a", "Delete");
await reach("#person-bio");
await type("A student.");
await reach("#person-form [type=submit]");
await press("Enter");
await page.waitForSelector("#person:not([open])", { state: "attached" });
await reach("#add-topics");
await type("Rivers");
await savedAfter(() => press("Enter"));
await reach('[data-add="links"]');
await press("Enter");
await type("Paper");
await press("Tab");
await type("https://example.org/p");
await savedAfter(() => press("Tab"));
await reach("#f-language");
await type("x y");
await page.waitForFunction(() => !document.getElementById("p-language").hidden);
seen.problem = await page.textContent("#p-language");
await press("Escape");
seen.preview = (await page.frameLocator("#notes-preview").locator("body").textContent()).trim();
// Undo and redo of the link, from outside of a text field.
await reach("#undo", "Shift+Tab");
await savedAfter(() => press("Control+z"));
await savedAfter(() => press("Control+Shift+z"));
await page.goto(`${origin}/`);
await page.waitForSelector("#search");
await press("/");
await type("tomas");
await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
seen.board = await page.locator("tbody th a").allTextContents();
seen.address = page.url();
await press("ArrowDown", "Enter");
await page.waitForURL(/the-river/);
await browser.close();
console.log(JSON.stringify(seen));
