// The list of the words of a talk: its rows, the chosen cue, the cue said now.
import { cueAt, difference, partsOf } from "./cues.js";
import { formatTime } from "./marks.js";

export const $ = (id) => document.getElementById(id);
export const section = $("words");
export const list = $("cues");
export const slug = section.dataset.slug;
export const talk = `/api/talks/${encodeURIComponent(slug)}`;
export const sound = document.querySelector("audio");

/** Cues in a part of the list. */
const PART = 100;

export const rows = [];
export let cues = [];
export let chosen = -1;
let chosenRow = null;
let now = -1;
export const language = () => $("words-language").value;
export const path = () => `${talk}/transcripts/${encodeURIComponent(language())}`;
export const say = (text) => ($("words-status").textContent = text);

export const element = (name, className, text = "") => {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
};

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

export function fill(text, cue) {
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
export function show(next) {
  const { from, removed, added } = difference(cues, next);
  showChange(from, removed, added);
}

export function showChange(from, removed, added) {
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

export function choose(position, focus = false) {
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

export const positionOf = (node) => rows.indexOf((node.nodeType === 1 ? node : node.parentElement)?.closest(".cue"));

export function showNow() {
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

export const letGo = () => ($("words-follow").checked = false);
export const editing = () => list.querySelector(".editing");
