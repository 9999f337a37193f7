// The words of a talk beside its sound: the list of cues, its edits, and the words that are cut or silenced.
import { send, upload } from "./api.js";
import { nextFlagged, timeAt, wordsIn } from "./cues.js";
import { rounded } from "./marks.js";
import { isTyping, notify, onState } from "./studio.js";
import * as undo from "./undo.js";
import { chooseSpeaker, find } from "./words_dialogs.js";
import { actions, begin, caretIn, finish, joinWithNext, save, split, typed } from "./words_editing.js";
import { edit, load, waiting } from "./words_edits.js";
import {
  $, choose, chosen, cues, editing, fill, language, letGo,
  list, positionOf, rows, say, slug, sound, talk,
} from "./words_list.js";
import { endSpan, placeOf, propose, replayLast, selectedWords, span } from "./words_span.js";

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

onState((state) => {
  const isChanged = state.changed.includes(slug) || state.changed.includes("");
  if (isChanged && !waiting && !editing() && language()) load().catch(() => {});
});

addEventListener("beforeunload", (event) => {
  if (waiting || editing()) event.preventDefault();
});

await load().catch((error) => notify(error.message, "error"));
