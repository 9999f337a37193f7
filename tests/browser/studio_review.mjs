// Makes a review file by the studio's button, answers it from disk with the network off, accepts the answer.
// node studio_review.mjs <address with secret> <chromium> <talk> <folder>, in a folder with playwright-core.
import fs from "node:fs";
import { pathToFileURL } from "node:url";
import { keysOf, launch } from "./keyboard.mjs";
const [, , address, executablePath, talk, folder] = process.argv;
const { browser, seen, open } = await launch(executablePath, address);
const page = await open(`/talks/${talk}/review`);
const { press, reach, choose } = keysOf(page);

await reach("#start-make");
await press("Enter");
await page.waitForSelector("#made:not([hidden])", { timeout: 120000 });
const passphrase = await page.textContent("#made-passphrase");
await reach("#made-file");
const [made] = await Promise.all([page.waitForEvent("download"), press("Enter")]);
const file = `${folder}/review.html`;
await made.saveAs(file);
seen.readable = fs.readFileSync(file, "utf8").includes("Kathrin");

const guest = await (await browser.newContext({ offline: true })).newPage();
guest.on("pageerror", (error) => seen.errors.push(error.message));
seen.requests = [];
guest.on("request", (request) => /^(file|blob):/.test(request.url()) || seen.requests.push(request.url()));
await guest.goto(pathToFileURL(file).href);
await guest.fill("#passphrase", passphrase);
await guest.keyboard.press("Enter");
await guest.waitForSelector("#sound");
await guest.evaluate(() => getSelection().selectAllChildren(document.querySelectorAll(".cue")[1]));
await guest.click("#selected");
await guest.fill("#note", "Please leave this out.");
await guest.click("#form .main");
for (const place of ["feed", "pages", "youtube"]) {
  const yes = guest.locator(`input[name=${place}][value=yes]`);
  if (await yes.count()) await yes.check();
}
await guest.click("#make");
await guest.waitForSelector("#answer:not([hidden])");
const [answer] = await Promise.all([guest.waitForEvent("download"), guest.click("#save")]);
await answer.saveAs(`${folder}/answer.txt`);

await choose("#answer-file", `${folder}/answer.txt`);
await page.waitForFunction(() => document.getElementById("answer-text").value !== "");
await reach("#answer [type=submit]");
await press("Enter");
await page.waitForSelector("#proposals:not([hidden])");
seen.proposals = await page.$$eval("#proposal-list > li > p:first-child", (all) => all.map((one) => one.textContent));
seen.hear = await page.getAttribute("#proposal-list a[href*='#t=']", "href");
for (let count = seen.proposals.length; count > 0; count -= 1) {
  await reach("#proposal-list button");
  await press("Enter");
  await page.waitForFunction((left) => document.querySelectorAll("#proposal-list button").length < left, count);
}
seen.done = await page.$$eval("#proposal-list .chip", (all) => all.map((one) => one.textContent));
await browser.close();
console.log(JSON.stringify(seen));
