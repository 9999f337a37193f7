// The cues of a transcript: times of single words, spans of selected words, the cue said now. Pure.
import { rounded } from "./marks.js";

const RIGHT_TO_LEFT = /^(ar|arc|ckb|dv|fa|he|ku-arab|ps|sd|ug|ur|yi)(-|$)/i;

/** The direction of a language's script. */
export const directionOf = (language) => (RIGHT_TO_LEFT.test(language) ? "rtl" : "ltr");

/**
 * The time of a place in a cue's words. Words have times of their own in few files (`cue.times`: [character,
 * seconds]); between two known times, characters are taken as evenly spoken.
 */
export function timeAt(cue, offset) {
  const length = cue.text.length;
  const known = [[0, cue.start], ...(cue.times ?? []).filter(([at]) => at > 0 && at < length), [length, cue.end]];
  const after = Math.max(1, known.findIndex(([at]) => at >= offset));
  const [[from, start], [to, end]] = [known[after - 1], known[after]];
  return start + ((end - start) * (Math.min(Math.max(offset, from), to) - from)) / Math.max(1, to - from);
}

/** The whole words that a range of characters touches: [from, to]; null without a word. */
export function wordsIn(text, from, to) {
  let [start, end] = [Math.min(from, to), Math.max(from, to)];
  while (start < end && /\s/.test(text[start])) start += 1;
  while (end > start && /\s/.test(text[end - 1])) end -= 1;
  if (start === end) return null;
  while (start > 0 && !/\s/.test(text[start - 1])) start -= 1;
  while (end < text.length && !/\s/.test(text[end])) end += 1;
  return [start, end];
}

/**
 * The stretch of the recording in which words are said: {from, to} in seconds.
 *
 * `first` and `last` are {cue, offset}. The estimates move to the nearest pauses: a cut goes from the middle of
 * the pause before the words to the middle of the one after them, so that a pause stays; a mute covers both.
 * `pauses`: ascending spans in milliseconds.
 */
export function spanOf(first, last, pauses, kind) {
  const [start, end] = [timeAt(first.cue, first.offset), timeAt(last.cue, last.offset)];
  const before = nearestPause(pauses, start, reach(first), end);
  const after = nearestPause(pauses, end, reach(last), Infinity, before ? before[1] / 1000 : start);
  const from = before === null ? start : edge(before, kind, 0);
  const to = after === null ? end : edge(after, kind, 1);
  return to - from >= 0.02 ? { from: rounded(from), to: rounded(to) } : { from: rounded(start), to: rounded(end) };
}

const edge = (pause, kind, side) => (kind === "cut" ? (pause[0] + pause[1]) / 2000 : pause[side] / 1000);

/** How far an estimate may be from its pause: cues begin early, and their middle is only estimated. */
function reach({ cue, offset }) {
  const inside = Math.min(offset, cue.text.length - offset) / Math.max(1, cue.text.length);
  return 0.5 + Math.min(1, inside * (cue.end - cue.start) * 0.3);
}

function nearestPause(pauses, time, radius, before = Infinity, after = 0) {
  let best = null;
  let distance = radius;
  for (const pause of pauses.slice(firstAfter(pauses, (time - radius) * 1000))) {
    if (pause[0] / 1000 > time + radius) break;
    const apart = Math.max(0, pause[0] / 1000 - time, time - pause[1] / 1000);
    const isOnItsSide = pause[0] / 1000 < before && pause[1] / 1000 > after && pause[0] / 1000 >= after;
    if (isOnItsSide && apart <= distance) [best, distance] = [pause, apart];
  }
  return best;
}

function firstAfter(pauses, milliseconds) {
  let [low, high] = [0, pauses.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pauses[middle][1] < milliseconds) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The position of the cue that is said at a time; the last one before it in a pause; -1 before the first. */
export function cueAt(cues, seconds) {
  let [low, high] = [0, cues.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cues[middle].start <= seconds) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The stretch in which two lists of cues differ: {from, removed, added}. */
export function difference(before, after) {
  const texts = [before, after].map((cues) => cues.map((cue) => JSON.stringify(cue)));
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && texts[0][from] === texts[1][from]) from += 1;
  let end = 0;
  while (end < shorter - from && texts[0].at(-1 - end) === texts[1].at(-1 - end)) end += 1;
  return { from, removed: before.length - from - end, added: after.slice(from, after.length - end) };
}

/** The parts of a cue's text for the page: [{text, unsure}]. */
export function partsOf(cue) {
  const parts = [];
  let end = 0;
  for (const [from, to] of cue.unsure ?? []) {
    if (from > end) parts.push({ text: cue.text.slice(end, from), unsure: false });
    if (to > end) parts.push({ text: cue.text.slice(Math.max(from, end), to), unsure: true });
    end = Math.max(end, to);
  }
  if (end < cue.text.length) parts.push({ text: cue.text.slice(end), unsure: false });
  return parts;
}

/** The next position with a mark (unsure or private words) from `at`; -1 without one. */
export function nextFlagged(cues, at) {
  for (let step = 1; step <= cues.length; step += 1) {
    const position = (at + step) % cues.length;
    if (cues[position].private || cues[position].unsure) return position;
  }
  return -1;
}
