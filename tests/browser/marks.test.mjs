// The marks of a talk as values: node --test marks.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import * as marks from "../../publisher/studio/static/marks.js";

const VALUES = {
  start: "0:12",
  cut: [["1:00", "1:10.5"]],
  chapters: [{ at: "0:12", title: "Welcome" }, { at: "2:00", title: "Questions", link: "https://a.example/" }],
  soundbites: [{ start: 30, end: "0:45", title: "Why" }],
};
const PAUSES = [[1000, 1400], [2000, 2060], [5000, 9000]];

test("a time is written as short as possible and read back", () => {
  for (const [seconds, text] of [[0, "0:00"], [7.5, "0:07.5"], [760, "12:40"], [3723.25, "1:02:03.25"], [59.999, "0:59.999"]]) {
    assert.equal(marks.formatTime(seconds), text);
    assert.equal(marks.parseTime(text), seconds);
  }
  assert.equal(marks.parseTime(12.5), 12.5);
  for (const wrong of ["", "x", "1:2:3:4", "-1", null, undefined, [], NaN]) assert.equal(marks.parseTime(wrong), null);
});

test("a time is moved into the nearest pause, away from the words", () => {
  assert.equal(marks.snap(PAUSES, 0.9, 0.3), 1.05);
  assert.equal(marks.snap(PAUSES, 1.45, 0.3), 1.35);
  assert.equal(marks.snap(PAUSES, 2.1, 0.3), 2.03);
  assert.equal(marks.snap(PAUSES, 1.2, 0.3), 1.2);
  assert.equal(marks.snap(PAUSES, 4.9, 0.3), 5.05);
});

test("a time that is far from every pause stays", () => {
  assert.equal(marks.snap(PAUSES, 3.5, 0.3), 3.5);
  assert.equal(marks.snap([], 3.504, 1), 3.5);
  assert.equal(marks.snap(PAUSES, 12, 0.3), 12);
});

test("published times go through the kept stretches only", () => {
  const kept = [[12, 60], [70.5, null]];
  assert.equal(marks.published(kept, 5), 0);
  assert.equal(marks.published(kept, 32), 20);
  assert.equal(marks.published(kept, 65), 48);
  assert.equal(marks.published(kept, 80.5), 58);
  assert.equal(marks.isKept(kept, 65), false);
  assert.equal(marks.isKept(kept, 70.5), true);
});

test("the rows are in the order of time and know their place in the list as written", () => {
  const rows = marks.rows({ ...VALUES, end: "3:00", mute: [["0:20", "0:21"]] });
  assert.deepEqual(rows.map((row) => [row.kind, row.from, row.to, row.index]), [
    ["start", 12, null, 0], ["chapter", 12, null, 0], ["mute", 20, 21, 0], ["soundbite", 30, 45, 0],
    ["cut", 60, 70.5, 0], ["chapter", 120, null, 1], ["end", 180, null, 0],
  ]);
});

test("a value that is no time has no row, and stays as written in every edit", () => {
  const odd = { chapters: [{ at: "soon", title: "?" }, { at: "1:00", title: "One" }] };
  assert.equal(marks.rows(odd).length, 1);
  assert.deepEqual(marks.addChapter(odd, 30, "New")[0].value.find((one) => one.at === "soon"), { at: "soon", title: "?" });
});

test("an edit changes one key and keeps what it does not know", () => {
  const [row] = marks.rows(VALUES).filter((one) => one.title === "Questions");
  const [{ key, was, value }] = marks.moveEdge(VALUES, row, "from", 119.994);
  assert.deepEqual([key, was], ["chapters", VALUES.chapters]);
  assert.deepEqual(value[1], { at: "1:59.99", title: "Questions", link: "https://a.example/" });
  assert.deepEqual(marks.addSpan(VALUES, "cut", 20, 15)[0].value, [["0:15", "0:20"], ["1:00", "1:10.5"]]);
  assert.equal(VALUES.cut.length, 1);
});

test("an edge does not pass the other one", () => {
  const cut = marks.rows(VALUES).find((row) => row.kind === "cut");
  assert.equal(marks.moveEdge(VALUES, cut, "from", 70.5), null);
  assert.equal(marks.moveEdge(VALUES, cut, "to", 59), null);
  assert.deepEqual(marks.moveEdge(VALUES, cut, "to", 60.01)[0].value, [["1:00", "1:00.01"]]);
});

test("a chapter is not set twice at the same time", () => {
  assert.equal(marks.addChapter(VALUES, 120.004, "Again"), null);
});

test("the last mark of a list takes its key away", () => {
  const cut = marks.rows(VALUES).find((row) => row.kind === "cut");
  assert.deepEqual(marks.remove(VALUES, cut), [{ key: "cut", was: VALUES.cut, value: null }]);
  assert.equal("cut" in marks.apply(VALUES, marks.remove(VALUES, cut)), false);
});

test("every edit and its inverse give the values before", () => {
  const rows = marks.rows(VALUES);
  const edits = [
    marks.setEdge(VALUES, "start", null), marks.setEdge(VALUES, "end", 200), marks.addSpan(VALUES, "mute", 1, 2),
    marks.addChapter(VALUES, 40, "More"), marks.addSoundbite(VALUES, 5, 6),
    ...rows.flatMap((row) => [marks.remove(VALUES, row), marks.moveEdge(VALUES, row, "from", row.from + 0.5)]),
    ...rows.filter((row) => row.title !== null).flatMap((row) => [marks.setTitle(VALUES, row, "New"), marks.setTitle(VALUES, row, "")]),
  ];
  for (const edit of edits) {
    const after = marks.apply(VALUES, edit);
    assert.notDeepEqual(after, VALUES);
    assert.deepEqual(marks.apply(after, marks.inverse(edit)), VALUES);
    assert.deepEqual(marks.difference(after, VALUES).map((one) => one.key), [edit[0].key]);
  }
});

test("two ways of writing the same marks are no difference", () => {
  const other = {
    start: 12, cut: [["60", "0:01:10.5"]], soundbites: [{ title: "Why", end: 45, start: "0:30" }],
    chapters: [{ title: "Welcome", at: 12 }, { link: "https://a.example/", at: "120", title: "Questions" }],
  };
  assert.deepEqual(marks.difference(VALUES, other), []);
  other.chapters[1].title = "Answers";
  assert.deepEqual(marks.difference(VALUES, other).map((one) => one.key), ["chapters"]);
});

test("undo and redo go through all edits in both directions", () => {
  const history = new marks.History();
  let values = VALUES;
  const states = [values];
  for (const second of [10, 20, 30]) {
    const edit = marks.addSpan(values, "mute", second, second + 1);
    history.add(edit);
    states.push((values = marks.apply(values, edit)));
  }
  for (const before of [2, 1, 0]) assert.deepEqual((values = marks.apply(values, history.undo())), states[before]);
  assert.equal(history.undo(), null);
  for (const after of [1, 2, 3]) assert.deepEqual((values = marks.apply(values, history.redo())), states[after]);
  assert.equal(history.redo(), null);
});

test("nudges in a row are one step back", () => {
  const history = new marks.History();
  let values = VALUES;
  for (let count = 0; count < 5; count += 1) {
    const row = marks.rows(values).find((one) => one.kind === "cut");
    const edit = marks.moveEdge(values, row, "from", row.from + 0.01);
    history.add(edit, "nudge 1");
    values = marks.apply(values, edit);
  }
  assert.deepEqual(values.cut, [["1:00.05", "1:10.5"]]);
  assert.deepEqual(marks.apply(values, history.undo()), VALUES);
});

test("a step back never takes away what somebody else changed", () => {
  const history = new marks.History();
  history.add(marks.addSpan(VALUES, "cut", 1, 2));
  history.add(marks.setEdge(VALUES, "end", 200));
  history.forget("cut");
  assert.deepEqual(history.undo().map((one) => one.key), ["end"]);
  assert.equal(history.undo(), null);
});
