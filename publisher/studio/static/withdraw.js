// Withdraw a talk or hide a person: shows the consequences of the choice, then starts the command.
import { send } from "./api.js";
import { part, showInto } from "./parts.js";
import { notify, refresh } from "./studio.js";

const root = document.getElementById("withdraw");
const { talk, person } = root.dataset;
const form = document.getElementById("withdrawal");
const consequences = document.getElementById("consequences");
const results = document.getElementById("results");
const button = document.getElementById("do");
let started = "";
let latest = 0;

const places = () => [...form.querySelectorAll("input[name=from]:checked")].map((box) => box.value);

async function showConsequences() {
  const query = new URLSearchParams(person ? [["person", person]] : [["talk", talk], ...places().map((one) => ["from", one])]);
  const number = ++latest;
  button.disabled = true;
  consequences.setAttribute("aria-busy", "true");
  try {
    const found = await part(`/fragments/consequences?${query}`);
    if (number !== latest) return;
    consequences.replaceChildren(...found);
    button.disabled = false;
  } catch (error) {
    if (number !== latest) return;
    consequences.replaceChildren(Object.assign(document.createElement("p"), { className: "problem", textContent: error.message }));
  }
  consequences.setAttribute("aria-busy", "false");
}

async function showResult() {
  await showInto(results, `/fragments/results?id=${started}`);
  if (results.querySelector("[data-state=running]")) return setTimeout(showResult, 700);
  refresh();
  // What is shown beside the result was true before it.
  if (results.querySelector("[data-state=done]")) {
    form.hidden = true;
    document.getElementById("locked")?.remove();
    document.getElementById("again").hidden = false;
  } else showConsequences();
}

async function start(path, body) {
  button.disabled = true;
  try {
    ({ id: started } = await send("POST", path, body));
  } catch (error) {
    notify(error.message, "error");
    button.disabled = false;
    return;
  }
  await showResult();
  results.tabIndex = -1;
  results.focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const reason = document.getElementById("reason").value;
  if (person) start(`/api/people/${person}/hide`, { reason });
  else start(`/api/talks/${talk}/withdraw`, { reason, places: places() });
});
form.addEventListener("change", (event) => event.target.name === "from" && showConsequences());
document.querySelector("[data-undo]")?.addEventListener("click", (event) => {
  event.target.disabled = true;
  start(event.target.dataset.undo, null);
});
showConsequences();
