// Runs axe on every page, at two widths and in both themes; prints the problems as JSON.
// node accessibility.mjs <address> <chromium> <page> …, in a folder with playwright-core and axe-core.
import { createRequire } from "node:module";
import fs from "node:fs";
const require = createRequire(process.cwd() + "/");
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [, , address, executablePath, ...pages] = process.argv;
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const problems = [];
for (const width of [375, 1280]) for (const colorScheme of ["light", "dark"]) {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme, bypassCSP: true });
  const tab = await context.newPage();
  let view = "";
  tab.on("console", message => problems.push(`${view}: console: ${message.text()}`));
  tab.on("request", request => { if (!request.url().startsWith(address)) problems.push(`${view}: requests ${request.url()}`); });
  for (const page of pages) {
    view = `${page} at ${width} px, ${colorScheme}`;
    await tab.goto(address + page);
    await tab.evaluate(axe);
    const ofPage = await tab.evaluate(async () => {
      const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
      const { violations } = await axe.run({ runOnly: tags });
      return violations.flatMap(v => v.nodes.map(node => `${v.id}: ${node.target.join(" ")}`));
    });
    const contentWidth = await tab.evaluate(() => document.documentElement.scrollWidth);
    if (contentWidth > width) ofPage.push(`scrolls sideways: ${contentWidth}`);
    problems.push(...ofPage.map(problem => `${view}: ${problem}`));
  }
  await context.close();
}
await browser.close();
console.log(JSON.stringify(problems));
