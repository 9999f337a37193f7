// Runs axe on screens of the studio, at a desk's and a tablet's width and in both themes; prints problems and texts.
// node studio_accessibility.mjs <address with secret> <chromium> <screen> …, in a folder with playwright-core and axe-core.
// A screen is a path, or a path and the id or class of what is pressed there first: "/#new-talk", "/talks/a#.edit-person".
import { createRequire } from "node:module";
import fs from "node:fs";
const require = createRequire(process.cwd() + "/");
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [, , address, executablePath, ...screens] = process.argv;
const { origin } = new URL(address);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const problems = [];
const pages = {};
for (const width of [820, 1280]) for (const colorScheme of ["light", "dark"]) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
  const tab = await context.newPage();
  let view = "";
  tab.on("console", (message) => problems.push(`${view}: console: ${message.text()}`));
  tab.on("pageerror", (error) => problems.push(`${view}: script: ${error.message}`));
  tab.on("request", (request) => {
    if (!/^(about|blob|data):/.test(request.url()) && !request.url().startsWith(origin)) problems.push(`${view}: requests ${request.url()}`);
  });
  await tab.goto(address);
  await tab.waitForSelector("#show-keys");
  for (const screen of screens) {
    view = `${screen} at ${width} px, ${colorScheme}`;
    const [path, pressed] = screen.split("#");
    await tab.goto(origin + path);
    await tab.waitForLoadState("networkidle").catch(() => {});
    if (pressed) {
      await tab.click(pressed.startsWith(".") ? pressed : `#${pressed}`);
      await tab.waitForTimeout(200);
    }
    await tab.evaluate(axe);
    const found = await tab.evaluate(async () => {
      const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
      const { violations } = await axe.run({ runOnly: tags });
      return violations.flatMap((v) => v.nodes.map((node) => `${v.id}: ${node.target.join(" ")}`));
    });
    const contentWidth = await tab.evaluate(() => document.documentElement.scrollWidth);
    if (contentWidth > width) found.push(`scrolls sideways: ${contentWidth}`);
    problems.push(...found.map((problem) => `${view}: ${problem}`));
    pages[path] ??= await (await tab.request.get(origin + path)).text();
  }
  await context.close();
}
await browser.close();
console.log(JSON.stringify({ problems, pages }));
