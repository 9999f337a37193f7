// Adds topics to a talk until it is killed; prints each one when the server has accepted it.
// node studio_edits.mjs <address with secret> <chromium> <talk> <first number>, in a folder with playwright-core.
import { launch } from "./keyboard.mjs";
const [, , address, executablePath, talk, first] = process.argv;
const { open } = await launch(executablePath, address);
const page = await open(`/talks/${talk}`);
page.on("response", async (answer) => {
  if (!answer.url().endsWith("/edits") || answer.status() !== 200) return;
  const name = answer.request().postDataJSON().changes[0].value.at(-1);
  process.stdout.write(`${name}\n`);
});
await page.waitForFunction(() => document.getElementById("f-title")?.value);
await page.focus("#add-topics");
for (let number = Number(first); ; number += 1) {
  await page.keyboard.type(`B${number}`);
  await page.keyboard.press("Enter");
  await page.waitForTimeout(30 * (number % 5));
}
