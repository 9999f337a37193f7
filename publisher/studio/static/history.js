// The earlier states of a talk: what each has instead of the present one, and restoring it.
import { get, send } from "./api.js";
import { notify, onState } from "./studio.js";

const slug = document.getElementById("history").dataset.slug;
const path = `/api/talks/${slug}/history`;
const list = document.getElementById("states");
const view = document.getElementById("state");
const differences = document.getElementById("differences");
const takeBack = document.getElementById("take-back");
const WHY = { found: "changed outside of the studio", edit: "edited", restore: "restored" };
let current = null;

function line(state) {
  const button = document.createElement("button");
  button.type = "button";
  const time = document.createElement("time");
  time.dateTime = state.time;
  time.textContent = new Date(state.time).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
  const what = document.createElement("span");
  what.className = "muted";
  what.dir = "auto";
  const why = state.origin === "git" ? `git: ${state.why}` : WHY[state.why] ?? state.why;
  what.textContent = state.keys.length ? `${why}: ${state.keys.join(", ")}` : why;
  button.append(time, what);
  button.dataset.state = state.id;
  button.setAttribute("aria-pressed", String(state.id === current));
  button.addEventListener("click", () => show(state.id));
  const item = document.createElement("li");
  item.append(button);
  return item;
}

async function load() {
  const { states } = await get(path);
  const focused = document.activeElement?.dataset?.state;
  const none = document.createElement("li");
  none.textContent = "There is none yet: the first change makes one.";
  list.replaceChildren(...(states.length ? states.map(line) : [none]));
  if (focused) list.querySelector(`[data-state="${CSS.escape(focused)}"]`)?.focus();
}

function block({ name, lines }) {
  const box = document.createElement("div");
  box.className = "difference";
  const head = document.createElement("h3");
  head.textContent = name === "episode.toml" ? "Catalogue" : name;
  const text = document.createElement("pre");
  text.tabIndex = 0;
  text.setAttribute("aria-label", `Differences in ${head.textContent}`);
  text.dir = "auto";
  for (const one of lines) {
    const kind = { "+": "ins", "-": "del" }[one[0]];
    const row = document.createElement(kind ?? "span");
    row.textContent = kind ? one : `${one}\n`;
    text.append(row);
  }
  box.append(head, text);
  return box;
}

async function show(id) {
  try {
    const found = await get(`${path}/${id}`);
    current = id;
    for (const button of list.querySelectorAll("button"))
      button.setAttribute("aria-pressed", String(button.dataset.state === id));
    const none = document.createElement("p");
    none.textContent = "Nothing: the talk is as it was in this state.";
    differences.replaceChildren(...(found.files.length ? found.files.map(block) : [none]));
    document.getElementById("restore").hidden = !found.files.length;
    const changed = found.files.flatMap((file) => file.lines).join("\n");
    const keys = found.protecting.filter((key) => new RegExp(`^[+-]\\s*\\[?\\[?(episode\\.)?${key}\\b`, "m").test(changed));
    takeBack.hidden = !keys.length;
    takeBack.querySelector("div").replaceChildren(
      ...keys.map((key) => {
        const label = document.createElement("label");
        label.className = "inline";
        const box = document.createElement("input");
        box.type = "checkbox";
        box.value = key;
        label.append(box, key);
        return label;
      }),
    );
    view.hidden = false;
    view.focus();
  } catch (error) {
    notify(error.message, "error");
  }
}

document.getElementById("restore").addEventListener("submit", async (event) => {
  event.preventDefault();
  const names = [...takeBack.querySelectorAll(":checked")].map((box) => box.value);
  try {
    const answer = await send("POST", `${path}/${current}/restore`, { take_back: names });
    const kept = answer.kept.length ? ` Not taken back: ${answer.kept.join(", ")}.` : "";
    notify(`The state was restored.${kept}`);
    view.hidden = true;
    current = null;
    await load();
    list.querySelector("button")?.focus();
  } catch (error) {
    notify(error.message, "error");
  }
});

list.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const buttons = [...list.querySelectorAll("button")];
  const next = buttons[buttons.indexOf(document.activeElement) + step];
  if (next) {
    event.preventDefault();
    next.focus();
  }
});

onState((state) => {
  if (state.changed.includes(slug) || state.changed.includes("")) load().catch((error) => notify(error.message, "error"));
});
load().catch((error) => notify(error.message, "error"));
