// Releases, reviews and withdraws by keyboard alone, with axe on every screen; prints the problems as JSON.
// node studio_release.mjs <address with secret> <chromium> <talk> <person>, with playwright-core and axe-core.
import { createRequire } from "node:module";
import fs from "node:fs";
const require = createRequire(process.cwd() + "/");
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [, , address, executablePath, talk, person] = process.argv;
const base = address.split("/#")[0];
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const problems = [];

async function opened(width, colorScheme) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const tab = await context.newPage();
  tab.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  await tab.goto(address);
  await tab.waitForSelector("header.bar");
  return tab;
}

async function checkAxe(tab, name) {
  // The page's policy forbids scripts of others; the debugger may run them.
  const debuggerSession = await tab.context().newCDPSession(tab);
  await debuggerSession.send("Runtime.evaluate", { expression: axe });
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const expression = `axe.run({ runOnly: ${JSON.stringify(tags)} }).then(({ violations }) => JSON.stringify(
    violations.flatMap(v => v.nodes.map(node => v.id + ": " + node.target.join(" ")))))`;
  const { result } = await debuggerSession.send("Runtime.evaluate", { expression, awaitPromise: true });
  problems.push(...JSON.parse(result.value).map((problem) => `${name}: ${problem}`));
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) problems.push(`${name}: scrolls sideways by ${wide}`);
}

const screens = {
  "/release": "#plan[aria-busy=false]",
  [`/talks/${talk}/release`]: "#plan[aria-busy=false]",
  [`/talks/${talk}/review`]: "#no-files:not([hidden])",
  [`/talks/${talk}/withdraw`]: "#do:not([disabled])",
  [`/people/${person}/hide`]: "#do:not([disabled])",
  "/withdraw": ".talk-list",
};
for (const [width, scheme] of [[1280, "light"], [820, "dark"]]) {
  const tab = await opened(width, scheme);
  for (const [path, ready] of Object.entries(screens)) {
    await tab.goto(base + path);
    await tab.waitForSelector(ready);
    await checkAxe(tab, `${path} at ${width} px, ${scheme}`);
  }
  await tab.context().close();
}

const tab = await opened(1280, "light");
const ended = (state) => tab.waitForSelector(`#results [data-state=${state}]`, { timeout: 120000 });
await tab.goto(base + "/release");
await tab.waitForSelector("#plan[aria-busy=false]");
await tab.keyboard.press("r");
await tab.keyboard.press("Enter");
await ended("done");
await checkAxe(tab, "a released series");
await tab.goto(`${base}/talks/${talk}/withdraw`);
await tab.waitForSelector("#do:not([disabled])");
await tab.focus("#reason");
await tab.keyboard.type("asked");
await tab.keyboard.press("Enter");
await ended("done");
await checkAxe(tab, "a withdrawn talk");
await browser.close();
console.log(JSON.stringify(problems));
