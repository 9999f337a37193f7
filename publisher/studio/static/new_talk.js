// A new talk: from a file that is dropped or chosen, from one of the series folder, or without a recording.
import { get, send } from "./api.js";
import { discardUpload, listFolder, size, uploadRecording } from "./recordings.js";
import { isTyping } from "./studio.js";

const dialog = document.getElementById("new");
const form = document.getElementById("new-form");
const bar = document.getElementById("uploading");
const stop = document.getElementById("stop-upload");
const chosenName = document.getElementById("chosen-name");
const folder = document.getElementById("folder-recordings");
const submit = form.querySelector("[type=submit]");
let recording = null;
let running = null;
let edited = new Set();

function open() {
  if (dialog.open) return;
  form.reset();
  edited = new Set();
  choose(null, "No recording yet");
  showProblems([]);
  dialog.showModal();
  propose({});
}

function choose(found, text) {
  recording = found;
  chosenName.textContent = text;
}

/** Fills the fields that the producer has not edited. */
async function propose(asked) {
  const found = await get(`/api/recordings/proposal?${new URLSearchParams(asked)}`).catch((error) => {
    showProblems([], error.message);
    return {};
  });
  if (found.timezone)
    document.getElementById("new-date-hint").textContent = `Time in ${found.timezone}, the time zone of the series`;
  for (const name of ["title", "slug", "date"]) {
    const field = form.elements[name];
    if (!edited.has(name) && found[name] && document.activeElement !== field) field.value = found[name];
  }
}

async function discard() {
  const old = recording?.upload;
  recording = null;
  running?.stop();
  if (old) await discardUpload(old);
}

async function take(file) {
  open();
  await discard();
  propose({ name: file.name });
  choose(null, `${file.name}, ${size(file.size)}`);
  showProblems([]);
  bar.hidden = stop.hidden = false;
  bar.value = 0;
  submit.disabled = true;
  const own = uploadRecording(file, (part) => {
    bar.value = part;
  });
  running = own;
  try {
    const { upload: id } = await own.done;
    choose({ upload: id }, `${file.name}, ${size(file.size)}: uploaded`);
  } catch (error) {
    if (running === own) {
      choose(null, "No recording yet");
      showProblems([{ key: "recording", text: error.message }]);
    }
  }
  if (running !== own) return;
  running = null;
  bar.hidden = stop.hidden = true;
  submit.disabled = false;
}

async function chooseListed(found) {
  await discard();
  choose({ path: found.path }, `${found.path}, ${size(found.size)}`);
  propose({ name: `${found.title}.` });
}

function showProblems(problems, rest = "") {
  let other = rest;
  for (const place of form.querySelectorAll("[data-problem]")) {
    const own = problems.filter((problem) => problem.key === place.dataset.problem);
    place.textContent = own.map((problem) => problem.text).join("\n");
    place.hidden = !own.length;
    form.elements[place.dataset.problem]?.setAttribute?.("aria-invalid", own.length > 0);
  }
  for (const problem of problems) {
    if (!form.querySelector(`[data-problem="${CSS.escape(problem.key)}"]`))
      other += `\n${problem.file}${problem.line ? `:${problem.line}` : ""}: ${problem.key}: ${problem.text}`;
  }
  const last = document.getElementById("new-problem");
  last.textContent = other.trim();
  last.hidden = !other.trim();
}

let waiting = 0;
form.addEventListener("input", (event) => {
  edited.add(event.target.name);
  if (event.target.name !== "title" || edited.has("slug")) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => propose({ title: event.target.value }), 250);
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (submit.disabled) return;
  submit.disabled = true;
  const { title, slug, date, draft } = form.elements;
  try {
    const body = { title: title.value, slug: slug.value, date: date.value, draft: draft.checked, recording };
    const added = await send("POST", "/api/talks", body);
    recording = null;
    location.assign(`/talks/${added.slug}`);
  } catch (error) {
    const problems = error.body?.problems ?? [];
    showProblems(problems, problems.length ? "" : error.message);
    form.querySelector("[aria-invalid=true]")?.focus();
  } finally {
    submit.disabled = false;
  }
});

document.getElementById("new-talk").addEventListener("click", open);
document.getElementById("new-file").addEventListener("change", (event) => {
  const [file] = event.target.files;
  if (file) take(file);
});
stop.addEventListener("click", () => running?.stop());
document.getElementById("cancel-new").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => discard());
document.getElementById("from-folder").addEventListener("toggle", (event) => event.target.open && listFolder(folder, chooseListed));

document.addEventListener("keydown", (event) => {
  if (event.key !== "n" || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return;
  event.preventDefault();
  open();
});

// Files dropped anywhere on the board; dragenter and dragleave also fire for the elements inside.
const hasFile = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
let depth = 0;
addEventListener("dragenter", (event) => {
  if (!hasFile(event)) return;
  depth += 1;
  document.body.classList.add("dropping");
  document.getElementById("drop-hint").hidden = false;
});
addEventListener("dragleave", (event) => {
  if (!hasFile(event)) return;
  depth -= 1;
  if (depth <= 0) endDrag();
});
addEventListener("dragover", (event) => hasFile(event) && event.preventDefault());
addEventListener("drop", (event) => {
  if (!hasFile(event)) return;
  event.preventDefault();
  endDrag();
  const [file] = event.dataTransfer.files;
  if (file) take(file);
});

function endDrag() {
  depth = 0;
  document.body.classList.remove("dropping");
  document.getElementById("drop-hint").hidden = true;
}
