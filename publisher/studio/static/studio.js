// On every page: notices, the state of the server and of a running release, and the list of keys.
import { get } from "./api.js";

const notices = document.getElementById("notices");
const running = document.getElementById("running");
let version = 0;
let timer = 0;
const listeners = new Set();

/** Shows a sentence; it stays until it is closed if it is an error. Returns the element. */
export function notify(text, kind = "info") {
  const line = document.createElement("p");
  line.className = kind;
  line.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "Close";
  close.addEventListener("click", () => line.remove());
  line.append(close);
  notices.append(line);
  if (kind !== "error") setTimeout(() => line.remove(), 8000);
  return line;
}

/** Calls `listener` with each new state: {version, changed, running, error}. */
export function onState(listener) {
  listeners.add(listener);
}

async function poll() {
  let state;
  try {
    state = await get(`/api/state?since=${version}`);
    document.body.classList.remove("gone");
  } catch (error) {
    document.body.classList.add("gone");
    running.textContent = error.message;
    timer = setTimeout(poll, 2000);
    return;
  }
  version = state.version;
  const tasks = state.running?.tasks ?? [];
  running.textContent = state.running
    ? ["A release is running", ...tasks.map((task) => task.title ?? "")].filter(Boolean).join(" · ")
    : state.error;
  for (const listener of listeners) listener(state);
  timer = setTimeout(poll, state.running ? 700 : 2000);
}

/** Asks for the state at once, such as after a release was started. */
export function refresh() {
  clearTimeout(timer);
  return poll();
}

/** Whether a key press belongs to a text field, where single letters are text. */
export function isTyping(event) {
  const target = event.target;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
    && !/^(checkbox|radio|range|button)$/.test(target.type ?? "");
}

const keys = document.getElementById("keys");
document.addEventListener("keydown", (event) => {
  if (event.key === "?" && !isTyping(event)) {
    event.preventDefault();
    keys.showModal();
  }
});
document.getElementById("show-keys").addEventListener("click", () => keys.showModal());
document.getElementById("close-keys").addEventListener("click", () => keys.close());
poll();
