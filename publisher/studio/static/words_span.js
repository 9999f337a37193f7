// Selected words as a stretch of the recording: heard, corrected, cut or silenced; and the last seconds again.
import { get, send } from "./api.js";
import { spanOf, wordsIn } from "./cues.js";
import { addSpan, formatTime, parseTime, rounded } from "./marks.js";
import { pauses } from "./sound_loading.js";
import { notify } from "./studio.js";
import * as undo from "./undo.js";
import { save } from "./words_editing.js";
import { load } from "./words_edits.js";
import {
  $, choose, chosen, cues, editing, language, list, positionOf,
  rows, say, showNow, sound, talk,
} from "./words_list.js";

export let span = null;
let replay = null;

/** The selected words as {first, last, text}; null without any. */
export function selectedWords() {
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

export function placeOf(node, offset, side) {
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

export function propose(kind) {
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

export function endSpan() {
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

export const replayLast = () => playFrom(sound.currentTime - 3, sound.currentTime, 0.75);

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
