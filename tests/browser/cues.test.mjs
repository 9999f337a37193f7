// The times of words in the cues of a transcript: node --test cues.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import * as cues from "../../publisher/studio/static/cues.js";
import * as undo from "../../publisher/studio/static/undo.js";

const CUE = { start: 10, end: 20, text: "one two three four x" };
const NEXT = { start: 20, end: 24, text: "five six" };
const PAUSES = [[9800, 10100], [13900, 14100], [19700, 20100], [30000, 31000]];

test("characters of a cue are evenly spoken unless words have times", () => {
  assert.equal(cues.timeAt(CUE, 0), 10);
  assert.equal(cues.timeAt(CUE, 10), 15);
  assert.equal(cues.timeAt(CUE, 20), 20);
  const timed = { ...CUE, times: [[8, 12], [14, 18]] };
  assert.equal(cues.timeAt(timed, 8), 12);
  assert.equal(cues.timeAt(timed, 11), 15);
  assert.equal(cues.timeAt(timed, 17), 19);
});

test("a range of characters becomes whole words", () => {
  assert.deepEqual(cues.wordsIn(CUE.text, 5, 6), [4, 7]);
  assert.deepEqual(cues.wordsIn(CUE.text, 3, 9), [4, 13]);
  assert.equal(cues.wordsIn(CUE.text, 3, 4), null);
});

test("a cut keeps half of the pauses, a mute covers them", () => {
  const [first, last] = [{ cue: CUE, offset: 8 }, { cue: CUE, offset: 20 }];
  assert.deepEqual(cues.spanOf(first, last, PAUSES, "cut"), { from: 14, to: 19.9 });
  assert.deepEqual(cues.spanOf(first, last, PAUSES, "mute"), { from: 13.9, to: 20.1 });
});

test("without a pause near by, the estimate is kept", () => {
  const [first, last] = [{ cue: CUE, offset: 8 }, { cue: NEXT, offset: 8 }];
  assert.deepEqual(cues.spanOf(first, last, [], "cut"), { from: 14, to: 24 });
  assert.deepEqual(cues.spanOf(first, last, PAUSES.slice(1), "cut"), { from: 14, to: 24 });
});

test("one word between two pauses never gets an empty span", () => {
  const word = [{ cue: { start: 1, end: 1.4, text: "no" }, offset: 0 }, { cue: { start: 1, end: 1.4, text: "no" }, offset: 2 }];
  const { from, to } = cues.spanOf(...word, [[950, 1350]], "cut");
  assert.ok(to > from);
});

test("the cue said now is the last one that has begun", () => {
  const all = [CUE, NEXT];
  assert.deepEqual([5, 10, 19.9, 20, 99].map((time) => cues.cueAt(all, time)), [-1, 0, 0, 1, 1]);
});

test("two lists of cues differ in one stretch", () => {
  const [a, b, c, d] = ["a", "b", "c", "d"].map((text) => ({ text }));
  assert.deepEqual(cues.difference([a, b, c], [a, d, c]), { from: 1, removed: 1, added: [d] });
  assert.deepEqual(cues.difference([a, a], [a, a, a]), { from: 2, removed: 0, added: [a] });
  assert.deepEqual(cues.difference([a, b], [a, b]), { from: 2, removed: 0, added: [] });
});

test("languages of Arabic and Hebrew script run from right to left", () => {
  assert.deepEqual(["ur", "fa-AF", "ckb", "he", "en", "az", "far"].map(cues.directionOf), ["rtl", "rtl", "rtl", "rtl", "ltr", "ltr", "ltr"]);
});

test("steps are undone one after another, and a failed one is dropped", async () => {
  const seen = [];
  const step = (label) => ({ label, undo: async () => seen.push(`-${label}`), redo: async () => seen.push(`+${label}`) });
  undo.push(step("a"));
  undo.push(step("b"));
  await Promise.all([undo.undo(), undo.undo()]);
  await undo.redo();
  assert.deepEqual(seen, ["-b", "-a", "+a"]);
  undo.push({ label: "c", undo: async () => { throw new Error("gone"); } });
  await assert.rejects(undo.undo());
  assert.deepEqual(undo.state(), { undo: "a", redo: null });
});
