// What the programs share that use the studio by keyboard.
import { createRequire } from "node:module";

/** A browser of `executablePath` that may play sound, and says what a page shows when the program fails. */
export async function launch(executablePath, address) {
  const { chromium } = createRequire(process.cwd() + "/")("playwright-core");
  const args = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"];
  const browser = await chromium.launch({ executablePath, args });
  const seen = { errors: [] };
  const pages = [];
  async function open(path = "", options = {}) {
    const page = await (pages[0]?.context() ?? (await browser.newContext({ viewport: { width: 1280, height: 900 } }))).newPage();
    pages.push(page);
    page.setDefaultTimeout(30000);
    page.on("pageerror", (error) => seen.errors.push(error.message));
    page.on("console", (message) => message.type() === "error" && seen.errors.push(`${message.text()} ${message.location().url}`));
    if (pages.length === 1) {
      await page.goto(address);
      await page.waitForSelector("#show-keys");
      await page.waitForLoadState("networkidle");
    }
    if (path) await page.goto(new URL(path, address).href);
    return page;
  }
  process.on("uncaughtException", async (error) => {
    const shown = () => `${location.href}\n${document.activeElement?.outerHTML}\n${document.body.innerText}`;
    const states = await Promise.all(pages.map((page) => page.evaluate(shown).catch(String)));
    process.stderr.write(`${error.stack}\n${JSON.stringify(seen)}\n${states.join("\n\n")}\n`);
    process.exit(1);
  });
  return { browser, seen, open };
}

/** Functions that press keys on a page. */
export function keysOf(page) {
  let opened = null;
  page.on("filechooser", (dialog) => opened(dialog));
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  /** Presses Tab until the element that the selector finds has the focus. */
  async function reach(selector, key = "Tab") {
    for (let count = 0; count < 150; count += 1) {
      if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
      await page.keyboard.press(key);
    }
    throw new Error(`${selector} is not reached with the keyboard`);
  }
  /** Gives a file to a field as the system's dialog does. */
  async function choose(selector, file) {
    await reach(selector);
    const dialog = new Promise((resolve) => (opened = resolve));
    await press("Enter");
    await (await dialog).setFiles(file);
  }
  async function tabOf(end) {
    await reach(`.tabs a[href$="${end}"]`);
    await press("Enter");
    await page.waitForURL(new RegExp(`${end}$`));
  }
  return { type: (text) => page.keyboard.type(text), press, reach, choose, tabOf };
}
