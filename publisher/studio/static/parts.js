// Parts of pages that the server renders again: plans, results, consequences.
import { notify } from "./studio.js";

/** The nodes of the part at a path. The server escapes every text in it. */
export async function part(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if (!answer.ok) {
    const body = await answer.json().catch(() => ({}));
    throw new Error(body.error ?? `The server answered ${answer.status}.`);
  }
  return [...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes];
}

const nameOf = (details) => details.closest("article").dataset.id + details.querySelector("summary").textContent;

/** Shows the results at a path in an element; keeps what is open, and the focus, if something has changed. */
export async function showInto(element, path) {
  let found;
  try {
    found = await part(path);
  } catch (error) {
    notify(error.message, "error");
    return;
  }
  const text = found.map((node) => node.textContent).join("");
  if (text === element.dataset.text) return;
  const open = new Set([...element.querySelectorAll("details[open]")].map(nameOf));
  const focused = element.contains(document.activeElement);
  element.dataset.text = text;
  element.replaceChildren(...found);
  for (const one of element.querySelectorAll("details")) one.open ||= open.has(nameOf(one));
  if (focused) (element.querySelector("button, summary") ?? document.getElementById("main")).focus();
}
