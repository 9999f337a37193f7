// The words of a talk beside its sound: the list of cues, its edits, and the words that are cut or silenced.
import { get, send, upload } from "./api.js";
import { cueAt, difference, directionOf, nextFlagged, partsOf, spanOf, timeAt, wordsIn } from "./cues.js";
import { addSpan, formatTime, parseTime, rounded } from "./marks.js";
import { isTyping, notify, onState } from "./studio.js";
import * as undo from "./undo.js";

const $ = (id) => document.getElementById(id);
const section = $("words");
const list = $("cues");
const slug = section.dataset.slug;
const talk = `/api/talks/${encodeURIComponent(slug)}`;
const sound = document.querySelector("audio");
/** Cues in a part of the list. */
const PART = 100;
const rows = [];
let cues = [];
let digest = "";
let chosen = -1;
let chosenRow = null;
let now = -1;
let pauses = [];
let span = null;
let sending = Promise.resolve();
let waiting = 0;
let replay = null;

const language = () => $("words-language").value;
const path = () => `${talk}/transcripts/${encodeURIComponent(language())}`;
const say = (text) => ($("words-status").textContent = text);
const element = (name, className, text = "") => {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
};

// The list.

function rowOf(cue) {
  const row = element("li", "cue");
  const at = element("button", "at time", formatTime(Math.floor(cue.start * 10) / 10));
  const who = element("button", "who", cue.speaker ?? "");
  for (const button of [at, who]) {
    button.type = "button";
    button.tabIndex = -1;
  }
  at.lang = "en";
  at.setAttribute("aria-label", `Play from ${formatTime(cue.start)}`);
  at.title = cue.published === null ? "not published" : `published at ${formatTime(cue.published)}`;
  who.setAttribute("aria-label", `Speaker: ${cue.speaker ?? "unknown"}`);
  who.dir = "auto";
  row.append(at, who, textOf(cue));
  const notes = notesOf(cue);
  if (notes) row.append(notes);
  row.classList.toggle("gone", cue.published === null || Boolean(cue.withheld));
  return row;
}

function textOf(cue) {
  const text = element("div", "text");
  text.dir = "auto";
  text.tabIndex = -1;
  text.setAttribute("role", "textbox");
  text.setAttribute("aria-multiline", "true");
  text.setAttribute("aria-readonly", "true");
  text.setAttribute("aria-label", `Words at ${formatTime(cue.start)}, ${cue.speaker ?? "unknown speaker"}`);
  fill(text, cue);
  return text;
}

function fill(text, cue) {
  text.replaceChildren(...partsOf(cue).map((part) =>
    part.unsure ? element("u", "unsure", part.text) : document.createTextNode(part.text)));
}

function notesOf(cue) {
  const line = element("p", "notes");
  const notes = element("span", "");
  notes.dir = "ltr";
  line.lang = "en";
  line.append(notes);
  if (cue.private) notes.append(element("span", "private", `Private: ${cue.private.join(", ")}. `));
  if (cue.unsure) notes.append("Unsure words. ");
  if (cue.published === null) notes.append("Cut: not published. ");
  else if (cue.withheld) notes.append("Cut or silenced in part: these words are not published. ");
  if (cue.locked) notes.append("Its markup can only be edited in the file. ");
  return notes.childNodes.length ? line : null;
}

/** Shows other cues: only the rows that differ are made again. */
function show(next) {
  const { from, removed, added } = difference(cues, next);
  showChange(from, removed, added);
}

function showChange(from, removed, added) {
  const before = cues[chosen]?.id;
  cues = [...cues.slice(0, from), ...added, ...cues.slice(from + removed)];
  const made = added.map(rowOf);
  const hadFocus = rows.slice(from, from + removed).some((row) => row.contains(document.activeElement));
  insert(made, rows[from + removed] ?? null);
  for (const row of rows.slice(from, from + removed)) {
    const part = row.parentElement;
    row.remove();
    if (!part.firstChild) part.remove();
  }
  rows.splice(from, removed, ...made);
  now = -1;
  const kept = before ? cues.findIndex((cue) => cue.id === before) : -1;
  choose(kept >= 0 ? kept : Math.min(Math.max(chosen, 0), cues.length - 1), hadFocus);
  showNow();
}

/** Puts rows before another one, or at the end: the list has parts, of which a browser draws those in view. */
function insert(made, after) {
  if (after && made.length < 2 * PART) return after.before(...made);
  const parts = [];
  for (let start = 0; start < made.length; start += PART) {
    const part = document.createElement("ol");
    part.append(...made.slice(start, start + PART));
    parts.push(part);
  }
  if (!after) return list.append(...parts);
  const rest = document.createElement("ol");
  const own = after.parentElement;
  while (after) [after] = [after.nextSibling, rest.append(after)];
  own.after(...parts, rest);
  if (!own.firstChild) own.remove();
}

function choose(position, focus = false) {
  chosenRow?.classList.remove("chosen");
  for (const part of chosenRow?.querySelectorAll(".at,.who,.text") ?? []) part.tabIndex = -1;
  chosen = cues.length ? Math.max(0, Math.min(position, cues.length - 1)) : -1;
  const row = rows[chosen];
  chosenRow = row;
  if (!row) return;
  row.classList.add("chosen");
  for (const part of row.querySelectorAll(".at,.who,.text")) part.tabIndex = 0;
  if (focus) {
    row.querySelector(".text").focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
}

const positionOf = (node) => rows.indexOf((node.nodeType === 1 ? node : node.parentElement)?.closest(".cue"));

function showNow() {
  const position = cueAt(cues, sound.currentTime);
  if (position === now) return;
  rows[now]?.classList.remove("now");
  rows[now]?.removeAttribute("aria-current");
  now = position;
  rows[now]?.classList.add("now");
  rows[now]?.setAttribute("aria-current", "true");
  if (rows[now] && $("words-follow").checked && !editing()) {
    const box = list.getBoundingClientRect();
    const own = rows[now].getBoundingClientRect();
    if (own.top < box.top + 40 || own.bottom > box.bottom - 80) {
      list.scrollTop += own.top - box.top - list.clientHeight / 3;
    }
  }
}

const letGo = () => ($("words-follow").checked = false);

// Requests: one after another, so that each is based on the answer before.

function wait(step) {
  waiting += step;
  document.body.dataset.waiting = String(waiting > 0);
}

function edit(label, edits, isStep = false) {
  wait(1);
  const result = sending.then(() => sendEdits(label, edits, isStep));
  sending = result.catch(() => {}).finally(() => wait(-1));
  return result;
}

async function sendEdits(label, edits, isStep) {
  let answer;
  try {
    answer = await send("POST", `${path()}/edits`, { was: digest, edits });
  } catch (error) {
    if (error.status === 409) return resolveConflict(label, edits, error);
    restoreTexts();
    if (!isStep) notify(error.message, "error");
    if (isStep) throw error;
    return null;
  }
  digest = answer.digest;
  if (answer.removed === null) show(answer.cues);
  else showChange(answer.from, answer.removed, answer.cues);
  showState(answer);
  if (!isStep) record(label, answer.undo);
  return answer;
}

function record(label, inverse) {
  let [back, again] = [inverse, null];
  undo.push({
    label,
    async undo() { again = (await edit(label, back, true)).undo; },
    async redo() { back = (await edit(label, again, true)).undo; },
  });
}

function restoreTexts() {
  for (const text of list.querySelectorAll(".text")) {
    const cue = cues[positionOf(text)];
    if (cue && text.textContent !== cue.text) fill(text, cue);
  }
}

async function resolveConflict(label, edits, error) {
  const [conflict] = error.body.conflicts ?? [];
  await load();
  if (!conflict?.theirs || conflict.yours.text === undefined) {
    notify(error.message, "error");
    return null;
  }
  $("words-yours").textContent = conflict.yours.text;
  $("words-theirs").textContent = conflict.theirs.text;
  if ((await ask($("words-conflict"))) !== "yours") return null;
  const index = cues.findIndex((cue) => cue.id === conflict.theirs.id);
  return sendEdits(label, [{ ...conflict.yours, id: conflict.theirs.id, index }], false);
}

async function load() {
  if (!language()) {
    $("words-none").hidden = false;
    $("words-add").hidden = true;
    return;
  }
  const found = await get(path());
  digest = found.digest;
  list.lang = language();
  list.dir = directionOf(language());
  show(found.cues);
  showState(found);
}

function showState(found) {
  section.classList.toggle("empty", !cues.length);
  $("words-rolling").hidden = !found.rolling;
  $("words-none").hidden = cues.length > 0;
  $("words-add").hidden = !cues.length;
}

// Edits of the chosen cue.

const named = (position = chosen) => ({ id: cues[position].id, index: position });
const editing = () => list.querySelector(".editing");

function begin(position = chosen) {
  if (!cues[position] || cues[position].locked || editing()) return;
  choose(position);
  const text = rows[position].querySelector(".text");
  text.classList.add("editing");
  text.contentEditable = "plaintext-only";
  if (text.contentEditable !== "plaintext-only") text.contentEditable = "true";
  text.setAttribute("aria-readonly", "false");
  text.focus();
  if (!text.contains(getSelection().anchorNode)) {
    getSelection().selectAllChildren(text);
    getSelection().collapseToEnd();
  }
}

function finish(text) {
  text.classList.remove("editing");
  text.removeAttribute("contenteditable");
  text.setAttribute("aria-readonly", "true");
}

const written = (text) => text.textContent.replace(/[^\S\n]+/g, " ").replace(/ ?\n\s*/g, "\n").trim();

/** Ends editing. Returns the edits for what was typed. */
function typed(text) {
  const position = positionOf(text);
  const value = written(text);
  finish(text);
  if (value === cues[position].text) {
    fill(text, cues[position]);
    return [];
  }
  return [{ op: "text", ...named(position), text: value }];
}

function save(text) {
  const edits = typed(text);
  if (edits.length) edit(edits[0].text ? "words" : "deleted cue", edits);
}

function caretIn(text) {
  const range = getSelection().getRangeAt(0).cloneRange();
  range.setStart(text, 0);
  return range.toString().length;
}

async function split(text, at) {
  const position = positionOf(text);
  const raw = text.textContent;
  const head = raw.slice(0, caretIn(text));
  const value = written(text);
  // The offset counts the characters of the text as it is saved.
  const offset = head.replace(/[^\S\n]+/g, " ").replace(/ ?\n\s*/g, "\n").trimStart().length;
  const cue = cues[position];
  finish(text);
  const change = { op: "split", ...named(position), offset, ...(value === cue.text ? {} : { text: value }) };
  const answer = await edit("split", [at === undefined ? change : { ...change, at }]);
  if (answer) choose(position + 1, true);
}

const actions = {
  edit: () => begin(),
  speaker: () => chooseSpeaker(chosen),
  times: () => setTimes(chosen),
  join: () => joinWithNext(chosen, []),
  remove: () => cues[chosen] && edit("deleted cue", [{ op: "delete", ...named() }]),
  insert() {
    const start = rounded(sound.currentTime);
    const next = cues.find((cue) => cue.start > start);
    const end = rounded(Math.min(start + 2, Math.max(start + 0.5, next?.start ?? Infinity)));
    edit("new cue", [{ op: "insert", start, end, text: "…" }]).then((answer) => {
      const position = answer ? cues.findIndex((cue) => cue.start === start && cue.text === "…") : -1;
      if (position < 0) return;
      begin(position);
      getSelection().selectAllChildren(rows[position].querySelector(".text"));
    });
  },
  splitHere() {
    const cue = cues[chosen];
    if (!cue) return;
    const time = sound.currentTime;
    if (time <= cue.start || time >= cue.end) return say("The play head is not in the chosen cue.");
    let offset = 0;
    for (const found of cue.text.matchAll(/\s+/g)) {
      const middle = found.index + found[0].length;
      if (!offset || Math.abs(timeAt(cue, middle) - time) < Math.abs(timeAt(cue, offset) - time)) offset = middle;
    }
    if (offset) edit("split", [{ op: "split", ...named(), offset, at: rounded(time) }]);
    else say("The cue has only one word.");
  },
};

async function joinWithNext(position, before) {
  if (!cues[position + 1]) return;
  const answer = await edit("join", [...before, { op: "join", ...named(position) }]);
  if (answer) choose(position, true);
}

// Dialogs.

function ask(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
}

async function chooseSpeaker(position) {
  const cue = cues[position];
  if (!cue) return;
  const names = [...new Set(cues.map((one) => one.speaker).filter(Boolean))];
  $("speaker-list").replaceChildren(...[...names, ""].map((name) => {
    const label = element("label", "inline");
    const radio = document.createElement("input");
    Object.assign(radio, { type: "radio", name: "speaker", value: name, checked: name === (cue.speaker ?? "") });
    const text = element("span", "", name || "unknown");
    text.dir = "auto";
    label.append(radio, text);
    return label;
  }));
  $("speaker-new").value = "";
  $("speaker-all").textContent = `All of ${cue.speaker ?? "those without a name"}`;
  const answer = await ask($("speaker-dialog"));
  if (answer !== "cue" && answer !== "all") return rows[position]?.querySelector(".text").focus();
  const name = $("speaker-new").value.trim() || document.querySelector("[name=speaker]:checked")?.value || null;
  const op = answer === "all" ? "speaker-everywhere" : "speaker";
  await edit("speaker", [{ op, ...named(position), speaker: name }]);
  choose(position, true);
}

async function setTimes(position) {
  const cue = cues[position];
  if (!cue) return;
  $("cue-start").value = formatTime(cue.start);
  $("cue-end").value = formatTime(cue.end);
  if ((await ask($("times-dialog"))) !== "save") return;
  const [start, end] = [parseTime($("cue-start").value), parseTime($("cue-end").value)];
  if (start === null || end === null) return notify("Times look like 1:02:03.5", "error");
  await edit("times", [{ op: "times", ...named(position), start, end }]);
}

for (const field of ["cue-start", "cue-end", "words-from", "words-to"]) {
  $(field).addEventListener("keydown", (event) => {
    const time = parseTime(event.target.value);
    if (time === null || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    const step = (event.shiftKey ? 0.1 : 0.01) * (event.key === "ArrowUp" ? 1 : -1);
    event.target.value = formatTime(rounded(time + step));
    event.target.dispatchEvent(new Event("input"));
  });
}

function find() {
  const selected = String(getSelection()).trim();
  if (selected && !selected.includes("\n") && selected.length < 100) $("find-text").value = selected;
  $("find-hits").replaceChildren();
  $("find-status").textContent = "";
  $("find-all-label").hidden = true;
  $("find-replace").disabled = true;
  $("find-text").dir = $("find-with").dir = "auto";
  $("find-dialog").showModal();
  $("find-text").select();
}

let hits = [];

$("find-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  await sending;
  const body = { find: $("find-text").value, words: $("find-words").checked, case: $("find-case").checked };
  try {
    hits = (await send("POST", `${path()}/replace-preview`, body)).hits;
  } catch (error) {
    $("find-status").textContent = error.message;
    return;
  }
  $("find-hits").replaceChildren(...hits.slice(0, 2000).map(hitRow));
  $("find-status").textContent = hits.length === 1 ? "1 place" : `${hits.length} places`;
  $("find-all-label").hidden = hits.length < 2;
  $("find-all").checked = true;
  countHits();
});

function hitRow(hit) {
  const row = element("li", "");
  const label = document.createElement("label");
  const box = document.createElement("input");
  Object.assign(box, { type: "checkbox", checked: true });
  const time = element("span", "time", formatTime(Math.floor(hit.time)));
  const text = element("span", "");
  text.dir = "auto";
  text.lang = language();
  text.append(hit.before, element("del", "", hit.found), " ", element("ins", "", $("find-with").value), hit.after);
  label.append(box, time, text);
  row.append(label);
  return row;
}

const boxes = () => [...$("find-hits").querySelectorAll("input")];

function countHits() {
  const count = boxes().filter((box) => box.checked).length;
  $("find-replace").disabled = !count;
  $("find-replace").textContent = count === 1 ? "Replace 1 place" : `Replace ${count} places`;
}

$("find-hits").addEventListener("change", countHits);
$("find-with").addEventListener("input", () => {
  for (const made of $("find-hits").querySelectorAll("ins")) made.textContent = $("find-with").value;
});
$("find-all").addEventListener("change", () => {
  for (const box of boxes()) box.checked = $("find-all").checked;
  countHits();
});
$("find-replace").addEventListener("click", async () => {
  const chosenHits = hits.filter((_, position) => boxes()[position]?.checked)
    .map(({ id, index, start, end }) => ({ id, index, start, end }));
  const answer = await edit("replacement", [{ op: "replace", with: $("find-with").value, hits: chosenHits }]);
  if (!answer) return;
  $("find-dialog").close();
  say(chosenHits.length === 1 ? "1 place replaced." : `${chosenHits.length} places replaced.`);
});
for (const button of document.querySelectorAll("dialog [data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}

// The selected words: their stretch of the recording is cut or silenced.

/** The selected words as {first, last, text}; null without any. */
function selectedWords() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  if (!list.contains(range.commonAncestorContainer)) return null;
  const [start, end] = [placeOf(range.startContainer, range.startOffset, 0), placeOf(range.endContainer, range.endOffset, 1)];
  if (!start || !end || start.position > end.position) return null;
  const same = start.position === end.position;
  const head = wordsIn(start.cue.text, start.offset, same ? end.offset : start.cue.text.length);
  const tail = same ? head : wordsIn(end.cue.text, 0, end.offset);
  if (!head && !tail) return null;
  const first = head ? { cue: start.cue, offset: head[0] } : { cue: cues[start.position + 1], offset: 0 };
  const last = tail ? { cue: end.cue, offset: tail[1] } : { cue: cues[end.position - 1], offset: cues[end.position - 1].text.length };
  return { first, last, text: selection.toString().trim() };
}

function placeOf(node, offset, side) {
  const position = positionOf(node);
  const cue = cues[position];
  if (!cue) {
    const next = positionOf(node.childNodes?.[Math.max(0, offset - side)] ?? node);
    return cues[next] ? { position: next, cue: cues[next], offset: side ? cues[next].text.length : 0 } : null;
  }
  const text = rows[position].querySelector(".text");
  if (!text.contains(node)) {
    const isBefore = text.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_PRECEDING;
    return { position, cue, offset: isBefore ? 0 : cue.text.length };
  }
  const range = document.createRange();
  range.setStart(text, 0);
  range.setEnd(node, offset);
  return { position, cue, offset: Math.min(range.toString().length, cue.text.length) };
}

function propose(kind) {
  const words = selectedWords();
  if (!words) return say("Select words first.");
  const text = editing();
  if (text) save(text);
  span = { kind, ...spanOf(words.first, words.last, pauses, kind) };
  $("words-span-title").textContent = kind === "cut" ? "Cut these words" : "Silence these words";
  $("words-confirm").textContent = kind === "cut" ? "Cut" : "Silence";
  $("words-span-text").textContent = words.text;
  $("words-span-text").lang = language();
  $("words-from").value = formatTime(span.from);
  $("words-to").value = formatTime(span.to);
  $("words-span").hidden = false;
  $("words-listen").focus();
  tell("propose-span", span);
}

/** Tells the waveform: it may show the span, and answer with "correct-span" events. */
const tell = (name, detail) =>
  document.dispatchEvent(new CustomEvent(name, { detail: { ...detail }, cancelable: true }));

function readSpan() {
  const [from, to] = [parseTime($("words-from").value), parseTime($("words-to").value)];
  const isValid = from !== null && to !== null && from < to;
  for (const id of ["words-from", "words-to"]) $(id).setAttribute("aria-invalid", String(!isValid));
  if (!isValid) return false;
  span = { ...span, from, to };
  return true;
}

for (const id of ["words-from", "words-to"]) {
  $(id).addEventListener("input", () => readSpan() && tell("propose-span", span));
}
document.addEventListener("correct-span", ({ detail }) => {
  if (!span) return;
  span = { ...span, from: rounded(detail.from), to: rounded(detail.to) };
  $("words-from").value = formatTime(span.from);
  $("words-to").value = formatTime(span.to);
});
$("words-listen").addEventListener("click", () => readSpan() && tell("listen-span", span) && playFrom(span.from - 2, span.to + 2, 1));
$("words-cancel").addEventListener("click", endSpan);
$("words-span").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!readSpan()) return say("The end must be after the start; times look like 1:02:03.5");
  const { kind, from, to } = span;
  endSpan();
  // The screen of the sound keeps the marks; without it the words save their own.
  if (tell("add-span", { kind, from, to })) await saveSpan(kind, from, to);
});

function endSpan() {
  span = null;
  $("words-span").hidden = true;
  tell("drop-span", {});
  choose(chosen, true);
}

async function saveSpan(kind, from, to) {
  const change = async (make) => {
    const { values } = await get(talk);
    await send("POST", `${talk}/edits`, { changes: make(values) });
    await load();
  };
  const key = [formatTime(from), formatTime(to)];
  const isOwn = (one) => one[0] === key[0] && one[1] === key[1];
  const add = () => change((values) => addSpan(values, kind, from, to));
  const remove = () => change((values) => {
    const rest = (values[kind] ?? []).filter((one) => !isOwn(one));
    return [{ key: kind, was: values[kind] ?? null, value: rest.length ? rest : null }];
  });
  try {
    await add();
    undo.push({ label: kind === "cut" ? "cut" : "silence", undo: remove, redo: add });
    say(kind === "cut" ? "Cut." : "Silenced.");
  } catch (error) {
    notify(error.message, "error");
  }
}

// The sound.

function playFrom(from, to, speed) {
  stopReplay();
  replay = { to, speed: sound.playbackRate };
  sound.currentTime = Math.max(0, from);
  sound.playbackRate = speed;
  sound.preservesPitch = true;
  sound.play().catch(() => {});
}

function stopReplay() {
  if (replay) sound.playbackRate = replay.speed;
  replay = null;
}

const replayLast = () => playFrom(sound.currentTime - 3, sound.currentTime, 0.75);

function watchSound() {
  showNow();
  if (replay && sound.currentTime >= replay.to) {
    sound.pause();
    stopReplay();
  }
  if (!sound.paused) requestAnimationFrame(watchSound);
}

sound.addEventListener("play", watchSound);
sound.addEventListener("seeked", showNow);
sound.addEventListener("timeupdate", showNow);
sound.addEventListener("pause", stopReplay);

// Mouse and keys.

list.addEventListener("click", (event) => {
  const position = positionOf(event.target);
  if (position < 0 || event.target.closest(".editing")) return;
  choose(position, !event.target.closest("button"));
  if (event.target.closest(".who")) chooseSpeaker(position);
  else if (event.target.closest(".at")) sound.currentTime = cues[position].start;
  else if (event.target.closest(".text") && getSelection().isCollapsed) {
    const range = getSelection().rangeCount ? getSelection().getRangeAt(0) : null;
    const place = range && positionOf(range.startContainer) === position ? placeOf(range.startContainer, range.startOffset, 0) : null;
    const words = place && wordsIn(cues[position].text, place.offset, Math.min(place.offset + 1, cues[position].text.length));
    sound.currentTime = words ? timeAt(cues[position], words[0]) : cues[position].start;
  }
});
list.addEventListener("dblclick", (event) => event.target.closest(".text") && begin(positionOf(event.target)));
list.addEventListener("focusout", (event) => {
  if (event.target.classList?.contains("editing") && document.hasFocus()) save(event.target);
});
list.addEventListener("focusin", (event) => {
  const position = positionOf(event.target);
  if (position >= 0 && position !== chosen) choose(position);
});
for (const name of ["wheel", "touchmove", "pointerdown"]) list.addEventListener(name, letGo, { passive: true });
document.addEventListener("selectionchange", () => {
  const words = selectedWords();
  if (words) letGo();
  for (const button of document.querySelectorAll("[data-span]")) button.disabled = !words;
});

const letterOf = (event) => (/^Key[A-Z]$/.test(event.code) ? event.code[3].toLowerCase() : event.key.toLowerCase());

function keyWhileEditing(event, text) {
  const control = event.ctrlKey || event.metaKey;
  if (event.isComposing) return;
  if (event.key === "Escape") {
    finish(text);
    fill(text, cues[positionOf(text)]);
    text.focus();
  } else if (event.key === "Enter" && control) split(text, event.shiftKey ? rounded(sound.currentTime) : undefined);
  else if (event.key === "Enter" && !event.shiftKey) {
    save(text);
    text.focus();
  } else if (event.key === "Backspace" && control && getSelection().isCollapsed && caretIn(text) === 0) {
    const position = positionOf(text);
    if (position > 0) joinWithNext(position - 1, typed(text));
  } else if (event.altKey && !control && letterOf(event) === "x") propose("cut");
  else if (event.altKey && !control && letterOf(event) === "m") propose("mute");
  else if (event.altKey && !control && letterOf(event) === "r") replayLast();
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

const listKeys = {
  ArrowDown: (event) => move(1, event.shiftKey),
  ArrowUp: (event) => move(-1, event.shiftKey),
  Home: () => choose(0, true),
  End: () => choose(cues.length - 1, true),
  Enter: () => begin(),
};

let anchor = -1;

/** Goes to another cue; with Shift all cues on the way are selected. */
function move(step, isSelecting) {
  const from = chosen;
  letGo();
  choose(chosen + step, true);
  if (!isSelecting) {
    anchor = -1;
    return getSelection().removeAllRanges();
  }
  if (anchor < 0) anchor = from;
  const [first, last] = anchor <= chosen ? [anchor, chosen] : [chosen, anchor];
  const [start, end] = [first, last].map((position) => rows[position].querySelector(".text"));
  getSelection().setBaseAndExtent(start, 0, end, end.childNodes.length);
}

const keys = {
  s: actions.speaker,
  t: actions.times,
  j: actions.join,
  n: actions.insert,
  f: find,
  r: replayLast,
  u() {
    const position = nextFlagged(cues, chosen);
    if (position < 0) return say("No cue has unsure or private words.");
    letGo();
    choose(position, true);
  },
};

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  const text = event.target.closest?.(".editing");
  if (text) return keyWhileEditing(event, text);
  if (isTyping(event)) return;
  const control = event.ctrlKey || event.metaKey;
  const isInList = Boolean(event.target.closest?.("#cues"));
  const letter = letterOf(event);
  let action = null;
  if (control && (letter === "z" || letter === "y")) action = () => step(letter === "y" || event.shiftKey);
  else if (control && event.key === "Delete" && isInList) action = actions.remove;
  else if (control || event.altKey) return;
  else if (isInList && listKeys[event.key] && !(event.key === "Enter" && event.target.tagName === "BUTTON")) action = listKeys[event.key];
  else if ((letter === "x" || letter === "m") && selectedWords()) action = () => propose(letter === "x" ? "cut" : "mute");
  else if (event.key === "Escape" && span) action = endSpan;
  else action = keys[letter];
  if (!action) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  action(event);
}, true);

async function step(isRedo) {
  try {
    const label = await (isRedo ? undo.redo() : undo.undo());
    if (label) say(`${isRedo ? "Done again" : "Undone"}: ${label}.`);
  } catch (error) {
    notify(error.message, "error");
  }
}

undo.onChange((state) => {
  for (const name of ["undo", "redo"]) {
    const button = $(`words-${name}`);
    button.disabled = !state[name];
    button.title = state[name] ? `${name === "undo" ? "Undo" : "Redo"}: ${state[name]}` : "";
  }
});
if ($("undo")) $("words-undo").hidden = $("words-redo").hidden = true;
$("words-undo").addEventListener("click", () => step(false));
$("words-redo").addEventListener("click", () => step(true));
for (const button of document.querySelectorAll("[data-do]")) {
  button.addEventListener("click", () => (cues.length || button.dataset.do === "insert" ? actions[button.dataset.do]() : null));
}
for (const button of document.querySelectorAll("[data-span]")) {
  // A press would take the selection away.
  button.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("click", () => propose(button.dataset.span));
}
$("words-find").addEventListener("click", find);
$("words-replay").addEventListener("click", replayLast);
$("words-flagged").addEventListener("click", () => keys.u());
$("words-flatten").addEventListener("click", () => edit("plain transcript", [{ op: "flatten" }]));
$("words-language").addEventListener("change", () => load().catch((error) => notify(error.message, "error")));

// New transcripts.

$("words-add").addEventListener("click", () => {
  $("words-none").hidden = false;
  $("words-new-language").value = "";
  $("words-new-language").focus();
});
$("words-upload").addEventListener("click", async () => {
  const [file] = $("words-file").files;
  if (!file) return notify("Choose a WebVTT or SubRip file first.", "error");
  await add(() => upload(`${talk}/transcript-file?language=${encodeURIComponent($("words-new-language").value.trim())}`, file, () => {}).done);
});
$("words-begin").addEventListener("submit", async (event) => {
  event.preventDefault();
  const start = rounded(sound.currentTime);
  const body = { language: $("words-new-language").value.trim(), start, end: start + 3, text: $("words-first").value };
  await add(() => send("POST", `${talk}/transcripts`, body));
});

async function add(request) {
  try {
    const made = await request();
    $("words-language").append(new Option(made.language, made.language, true, true));
    await load();
    $("words-none").hidden = true;
    say(`${made.file} was added.`);
  } catch (error) {
    notify(error.message, "error");
  }
}

// Changes outside, and the pauses of the sound.

onState((state) => {
  const isChanged = state.changed.includes(slug) || state.changed.includes("");
  if (isChanged && !waiting && !editing() && language()) load().catch(() => {});
});
addEventListener("beforeunload", (event) => {
  if (waiting || editing()) event.preventDefault();
});
document.addEventListener("sound-analysed", ({ detail }) => (pauses = detail.pauses));

await load().catch((error) => notify(error.message, "error"));
