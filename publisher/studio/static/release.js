// Plan and release: the plan of a choice, the progress of the running release, results, and the preview.
import { get, send } from "./api.js";
import { part, showInto } from "./parts.js";
import { isTyping, notify, onState, refresh } from "./studio.js";

const root = document.getElementById("release");
const slug = root.dataset.talk;
const plan = document.getElementById("plan");
const results = document.getElementById("results");
const form = document.getElementById("choice");
const chosen = document.getElementById("chosen");
const progress = document.getElementById("progress");
const stop = document.getElementById("stop");
const question = document.getElementById("question");
let shown = slug ? [slug] : [];
let running = null;
let answered = () => {};

const boxes = (name) => [...root.querySelectorAll(`input[name=${name}]`)];
const ticked = (name) => boxes(name).filter((box) => box.checked).map((box) => box.value);

/** The chosen talks and places; an empty list means all of them. */
function choice() {
  const talks = boxes("talk").every((box) => box.checked) ? shown : ticked("talk");
  const places = boxes("only").every((box) => box.checked) ? [] : ticked("only");
  return { talks, places };
}

function showChoice() {
  const { talks, places } = choice();
  const none = boxes("only").length > 0 && ticked("only").length === 0;
  const noTalk = boxes("talk").length > 0 && ticked("talk").length === 0;
  document.getElementById("start").disabled = none || noTalk;
  const text = talks.length === 0 ? "all talks" : talks.length === 1 ? talks[0] : `${talks.length} talks`;
  chosen.textContent = none ? "Choose at least one place." : noTalk ? "Choose at least one talk."
    : `Chosen: ${text}, ${places.length ? places.join(", ") : "all places"}.`;
}

let latest = 0;
async function showPlan(talks = shown) {
  const { places } = choice();
  const number = ++latest;
  plan.setAttribute("aria-busy", "true");
  const query = new URLSearchParams([...talks.map((one) => ["talk", one]), ...places.map((one) => ["only", one])]);
  let found;
  try {
    found = await part(`/fragments/plan?${query}`);
  } catch (error) {
    found = [Object.assign(document.createElement("p"), { className: "problem", textContent: error.message })];
  }
  if (number !== latest) return;
  const unticked = new Set(boxes("talk").filter((box) => !box.checked).map((box) => box.value));
  shown = talks;
  plan.replaceChildren(...found);
  for (const box of boxes("talk")) box.checked = !unticked.has(box.value);
  plan.setAttribute("aria-busy", "false");
  showChoice();
}

const showResults = () => showInto(results, `/fragments/results${slug ? `?talk=${slug}` : ""}`);

// Starting and stopping

async function start(path, body, name) {
  try {
    await send("POST", path, body);
    notify(`${name} was started.`);
  } catch (error) {
    notify(error.message, "error");
    return;
  }
  await showResults();
  refresh();
  watch();
}

let watching = 0;
/** Asks for the results until no command that was started here runs. */
function watch() {
  clearTimeout(watching);
  watching = setTimeout(async () => {
    await showResults();
    if (results.querySelector("[data-state=running]")) watch();
    else {
      refresh();
      showPlan();
    }
  }, 700);
}

/** Asks a question in a dialog; calls `then` after Yes. */
function ask(text, then) {
  document.getElementById("question-text").textContent = text;
  answered = then;
  question.showModal();
}
document.getElementById("question-yes").addEventListener("click", () => {
  question.close();
  answered();
});
document.getElementById("question-no").addEventListener("click", () => question.close());

form.addEventListener("submit", (event) => {
  event.preventDefault();
  start("/api/releases", choice(), "The release");
});
document.getElementById("show").addEventListener("click", () => {
  const { talks } = choice();
  const all = slug || boxes("talk").every((box) => box.checked) ? (slug ? [slug] : []) : talks;
  showPlan(all);
});
form.addEventListener("change", (event) => {
  showChoice();
  if (event.target.name === "only") showPlan();
});
plan.addEventListener("change", showChoice);

root.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const { release, take, reupload, pull, accept, option } = button?.dataset ?? {};
  if (release) {
    const body = { talks: [release], places: ["youtube"], take, reupload: Boolean(reupload) };
    ask(button.dataset.question, () => start("/api/releases", body, "The release"));
  } else if (pull) {
    ask(button.dataset.question, () => start(`/api/talks/${pull}/pull`, null, "Copying"));
  } else if (accept) {
    button.disabled = true;
    start(`/api/releases/${accept}/accept`, { option }, "The release");
  }
});

async function stopNow(process) {
  stop.disabled = true;
  try {
    await send("POST", "/api/releases/stop", { process });
    document.getElementById("stop-hint").textContent = "It stops …";
  } catch (error) {
    notify(error.message, "error");
    stop.disabled = false;
  }
}
stop.addEventListener("click", () => {
  if (!running) return;
  const { process } = running;
  const isOwn = results.querySelector("[data-state=running]");
  if (isOwn) stopNow(process);
  else ask("This release was started elsewhere, such as in a terminal. Stop it? No incomplete file is left, and the next release continues.", () => stopNow(process));
});

// Progress

const clock = (seconds) => {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const [hours, minutes, rest] = parts;
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
};
const left = (seconds) => (seconds == null ? "" : `${clock(seconds)} left`);

function row(task, count) {
  const name = [task.talk && `talk ${task.talk} of ${count}`, task.title, task.stage].filter(Boolean).join(": ");
  const line = document.createElement("li");
  const label = Object.assign(document.createElement("span"), { textContent: name });
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", name);
  if (task.fraction != null) bar.value = task.fraction;
  const time = Object.assign(document.createElement("span"), { className: "time", textContent: left(task.remaining) });
  line.append(label, bar, time);
  return line;
}

function showProgress(state) {
  const before = running?.process;
  running = state.running;
  progress.hidden = !running;
  if (running?.process !== before) {
    stop.disabled = false;
    document.getElementById("stop-hint").textContent = "";
    showResults();
    if (before !== undefined && !running) showPlan();
    if (running) watch();
  }
  if (!running) return;
  const share = running.fraction == null ? "" : `${Math.round(running.fraction * 100)} %`;
  const whole = running.talks ? `${running.done} of ${running.talks} talks done` : "It reads the series …";
  const since = new Date(running.since).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  document.getElementById("progress-whole").textContent =
    [whole, share, left(running.remaining), `since ${since}, process ${running.process}`].filter(Boolean).join(", ");
  document.getElementById("progress-tasks").replaceChildren(...running.tasks.map((task) => row(task, running.talks)));
}

let version = null;
onState((state) => {
  showProgress(state);
  if (version !== null && state.version !== version && !state.running) showPlan();
  version = state.version;
});

// Preview

const moment = document.getElementById("moment");
if (moment) {
  const field = document.getElementById("as-of");
  const frame = document.getElementById("listen");
  const link = document.getElementById("listen-link");
  const open = (address) => {
    frame.src = link.href = address + field.dataset.path;
    frame.hidden = false;
  };
  moment.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!field.value) return open(field.dataset.preview);
    try {
      open((await get(`/api/preview?as-of=${encodeURIComponent(field.value)}`)).address);
    } catch (error) {
      notify(error.message, "error");
    }
  });
  document.getElementById("whole").addEventListener("click", () => {
    field.value = "";
    open(field.dataset.preview);
  });
}

document.addEventListener("keydown", (event) => {
  if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const press = { r: "start", p: "show", s: "stop", l: "as-of" }[event.key];
  const target = press && document.getElementById(press);
  if (!target || target.closest("[hidden]")) return;
  event.preventDefault();
  // A key alone publishes and stops nothing: the button takes Enter.
  if (press === "show") target.click();
  else target.focus();
});

showPlan();
showResults();
