// Editing cues in place: text, splits, joins, new and deleted cues.
import { timeAt } from "./cues.js";
import { rounded } from "./marks.js";
import { chooseSpeaker, setTimes } from "./words_dialogs.js";
import { edit, named } from "./words_edits.js";
import { choose, chosen, cues, editing, fill, positionOf, rows, say, sound } from "./words_list.js";

export function begin(position = chosen) {
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

export function finish(text) {
  text.classList.remove("editing");
  text.removeAttribute("contenteditable");
  text.setAttribute("aria-readonly", "true");
}

const written = (text) => text.textContent.replace(/[^\S\n]+/g, " ").replace(/ ?\n\s*/g, "\n").trim();

/** Ends editing. Returns the edits for what was typed. */
export function typed(text) {
  const position = positionOf(text);
  const value = written(text);
  finish(text);
  if (value === cues[position].text) {
    fill(text, cues[position]);
    return [];
  }
  return [{ op: "text", ...named(position), text: value }];
}

export function save(text) {
  const edits = typed(text);
  if (edits.length) edit(edits[0].text ? "words" : "deleted cue", edits);
}

export function caretIn(text) {
  const range = getSelection().getRangeAt(0).cloneRange();
  range.setStart(text, 0);
  return range.toString().length;
}

export async function split(text, at) {
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

export const actions = {
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

export async function joinWithNext(position, before) {
  if (!cues[position + 1]) return;
  const answer = await edit("join", [...before, { op: "join", ...named(position) }]);
  if (answer) choose(position, true);
}
