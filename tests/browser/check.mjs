// Asks axe about every page at both widths in both themes; prints what it found as JSON.
// node check.mjs <address> <chromium> <page> …; run where playwright-core and axe-core are installed.
import { createRequire } from "node:module";
import fs from "node:fs";
const require = createRequire(process.cwd() + "/");
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [, , address, executablePath, ...pages] = process.argv;
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const found = [];
for (const width of [375, 1280]) for (const colorScheme of ["light", "dark"]) {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme, bypassCSP: true });
  const tab = await context.newPage();
  let here = "";
  tab.on("console", message => found.push(`${here}: console: ${message.text()}`));
  tab.on("request", request => { if (!request.url().startsWith(address)) found.push(`${here}: asks ${request.url()}`); });
  for (const page of pages) {
    here = `${page} at ${width} px, ${colorScheme}`;
    await tab.goto(address + page);
    await tab.evaluate(axe);
    const problems = await tab.evaluate(async () => {
      const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
      const { violations } = await axe.run({ runOnly: tags });
      return violations.flatMap(v => v.nodes.map(node => `${v.id}: ${node.target.join(" ")}`));
    });
    const across = await tab.evaluate(() => document.documentElement.scrollWidth);
    if (across > width) problems.push(`scrolls sideways: ${across}`);
    found.push(...problems.map(problem => `${here}: ${problem}`));
  }
  await context.close();
}
await browser.close();
console.log(JSON.stringify(found));
