// The edits of a transcript: sent one after another, undone, and shown beside those of others.
import { get, send } from "./api.js";
import { directionOf } from "./cues.js";
import { notify } from "./studio.js";
import * as undo from "./undo.js";
import {
  $, chosen, cues, fill, language, list, path, positionOf,
  section, show, showChange,
} from "./words_list.js";

let digest = "";
export let sending = Promise.resolve();
export let waiting = 0;

function wait(step) {
  waiting += step;
  document.body.dataset.waiting = String(waiting > 0);
}

export function edit(label, edits, isStep = false) {
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

export async function load() {
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

export const named = (position = chosen) => ({ id: cues[position].id, index: position });

export function ask(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
}
