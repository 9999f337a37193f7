// The marks of a talk: their times, edits and inverse edits. Pure: no page, no network, no clock.
//
// The values are those of the catalogue, as written. An edit is a list of changes {key, was, value}; `null`
// stands for a key that is absent. Every function returns new values and leaves its arguments alone.

export const KEYS = ["start", "end", "cut", "mute", "chapters", "soundbites"];

/** Seconds of `[[hh:]mm:]ss[.fff]` or of a number; null for anything else. */
export function parseTime(written) {
  if (typeof written === "number") return Number.isFinite(written) && written >= 0 ? written : null;
  const found = /^(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d+)?)$/.exec(String(written ?? "").trim());
  if (!found) return null;
  return Number(found[1] ?? 0) * 3600 + Number(found[2] ?? 0) * 60 + Number(found[3]);
}

/** A time as the catalogue writes it, as short as possible: 12:40, 1:02:03, 0:07.5. */
export function formatTime(seconds) {
  const all = Math.round(seconds * 1000);
  const whole = Math.floor(all / 1000);
  const part = String(all % 1000).padStart(3, "0").replace(/0+$/, "");
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const text = hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  return part ? `${text}.${part}` : text;
}

/** A time on the grid of 10 ms, which is fine enough for speech and short to read. */
export const rounded = (seconds) => Math.max(0, Math.round(seconds * 100) / 100);

/** The published time of a time of the recording, through the kept stretches that the server gave. */
export function published(kept, seconds) {
  let before = 0;
  for (const [start, end] of kept) {
    if (seconds < start) return before;
    if (end === null || seconds < end) return before + seconds - start;
    before += end - start;
  }
  return before;
}

/** Whether a time of the recording is published. */
export const isKept = (kept, seconds) =>
  kept.some(([start, end]) => seconds >= start && (end === null || seconds < end));

/**
 * The nearest time inside a pause at most `radius` seconds away, else the time itself.
 * `pauses`: ascending spans in milliseconds. `space`: seconds to stay away from the words.
 */
export function snap(pauses, seconds, radius, space = 0.05) {
  let [low, high] = [0, pauses.length];
  const time = seconds * 1000;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pauses[middle][1] < time) low = middle + 1;
    else high = middle;
  }
  let best = seconds;
  let distance = radius;
  for (const pause of pauses.slice(Math.max(0, low - 1), low + 2)) {
    const inset = Math.min(space * 1000, (pause[1] - pause[0]) / 2);
    const inside = Math.min(pause[1] - inset, Math.max(pause[0] + inset, time)) / 1000;
    if (Math.abs(inside - seconds) <= distance) [best, distance] = [inside, Math.abs(inside - seconds)];
  }
  return rounded(best);
}

/** The marks as rows: {key, index, kind, from, to, title}; `index` is the place in the list as written. */
export function rows(values) {
  const found = [];
  const add = (key, index, kind, from, to, title) => {
    if (from !== null) found.push({ key, index, kind, from, to, title });
  };
  if (values.start != null) add("start", 0, "start", parseTime(values.start), null, null);
  if (values.end != null) add("end", 0, "end", parseTime(values.end), null, null);
  for (const key of ["cut", "mute"]) {
    (values[key] ?? []).forEach((span, index) => {
      if (parseTime(span[1]) !== null) add(key, index, key, parseTime(span[0]), parseTime(span[1]), null);
    });
  }
  (values.chapters ?? []).forEach((one, index) =>
    add("chapters", index, "chapter", parseTime(one.at), null, one.title ?? ""));
  (values.soundbites ?? []).forEach((one, index) => {
    if (parseTime(one.end) !== null) {
      add("soundbites", index, "soundbite", parseTime(one.start), parseTime(one.end), one.title ?? "");
    }
  });
  return found.sort((a, b) => a.from - b.from || KEYS.indexOf(a.key) - KEYS.indexOf(b.key));
}

/** The times of cuts and mutes as a join needs them. */
export const spans = (values, key) => (values[key] ?? []).map((span) => span.map(parseTime));

const change = (values, key, value) => [{ key, was: values[key] ?? null, value }];
const inOrder = (list, time) => [...list].sort((a, b) => (parseTime(time(a)) ?? 0) - (parseTime(time(b)) ?? 0));
const startOf = { cut: (one) => one[0], mute: (one) => one[0], chapters: (one) => one.at, soundbites: (one) => one.start };

/** The edit that sets `start` or `end`; null takes it away. */
export const setEdge = (values, key, seconds) =>
  change(values, key, seconds === null ? null : formatTime(seconds));

/** The edit that adds a cut or a mute. */
export function addSpan(values, key, from, to) {
  const added = [formatTime(Math.min(from, to)), formatTime(Math.max(from, to))];
  return change(values, key, inOrder([...(values[key] ?? []), added], startOf[key]));
}

/** The edit that adds a chapter, or null if one begins at this time already. */
export function addChapter(values, seconds, title) {
  const chapters = values.chapters ?? [];
  if (chapters.some((one) => Math.abs((parseTime(one.at) ?? -1) - seconds) < 0.005)) return null;
  return change(values, "chapters", inOrder([...chapters, { at: formatTime(seconds), title }], startOf.chapters));
}

/** The edit that adds a soundbite. */
export function addSoundbite(values, from, to) {
  const added = { start: formatTime(Math.min(from, to)), end: formatTime(Math.max(from, to)) };
  return change(values, "soundbites", inOrder([...(values.soundbites ?? []), added], startOf.soundbites));
}

/** The edit that moves one edge ("from" or "to") of a row; null where the mark would turn around or vanish. */
export function moveEdge(values, row, edge, seconds) {
  const time = rounded(seconds);
  const [from, to] = edge === "from" ? [time, row.to] : [row.from, time];
  if (to !== null && Math.round((to - from) * 1000) < 10) return null;
  if (row.key === "start" || row.key === "end") return change(values, row.key, formatTime(time));
  const list = [...values[row.key]];
  const old = list[row.index];
  if (row.key === "chapters") list[row.index] = { ...old, at: formatTime(time) };
  else if (row.key === "soundbites") list[row.index] = { ...old, [edge === "from" ? "start" : "end"]: formatTime(time) };
  else list[row.index] = edge === "from" ? [formatTime(time), old[1]] : [old[0], formatTime(time)];
  return change(values, row.key, inOrder(list, startOf[row.key]));
}

/** The edit that sets the title of a chapter or soundbite; an empty one is taken away where it may be. */
export function setTitle(values, row, title) {
  const list = [...values[row.key]];
  const { title: _, ...rest } = list[row.index];
  list[row.index] = title ? { ...list[row.index], title } : rest;
  return change(values, row.key, list);
}

/** The edit that removes a mark. */
export function remove(values, row) {
  if (row.key === "start" || row.key === "end") return change(values, row.key, null);
  const list = values[row.key].filter((_, index) => index !== row.index);
  return change(values, row.key, list.length ? list : null);
}

/** The values after an edit. */
export function apply(values, edit) {
  const next = { ...values };
  for (const { key, value } of edit) {
    if (value === null) delete next[key];
    else next[key] = value;
  }
  return next;
}

/** The edit that undoes another. */
export const inverse = (edit) => [...edit].reverse().map(({ key, was, value }) => ({ key, was: value, value: was }));

export const same = (first, second) => JSON.stringify(first ?? null) === JSON.stringify(second ?? null);

const TIMES = { cut: [0, 1], mute: [0, 1], chapters: ["at"], soundbites: ["start", "end"] };

/** A value with its times as seconds, so that two ways of writing it are equal. */
function meaning(key, value) {
  if (value == null || !TIMES[key]) return parseTime(value) ?? value ?? null;
  return value.map((one) => {
    const plain = Object.entries(one).map(([name, item]) =>
      [name, TIMES[key].some((time) => String(time) === name) ? (parseTime(item) ?? item) : item]);
    return plain.sort(([first], [second]) => (first < second ? -1 : 1));
  });
}

/** The edit between two values, of the keys of marks; empty if they mean the same. */
export const difference = (before, after) =>
  KEYS.filter((key) => !same(meaning(key, before[key]), meaning(key, after[key])))
    .map((key) => ({ key, was: before[key] ?? null, value: after[key] ?? null }));

/** The stacks of what can be undone and done again. */
export class History {
  constructor() {
    this.done = [];
    this.undone = [];
  }

  /** Records an edit. `group`: edits in a row with the same group become one step. */
  add(edit, group = null) {
    const last = this.done.at(-1);
    if (group !== null && last?.group === group && same(last.edit.map((one) => one.key), edit.map((one) => one.key))) {
      last.edit = last.edit.map((one, index) => ({ ...one, value: edit[index].value }));
    } else {
      this.done.push({ edit, group });
    }
    this.undone = [];
  }

  /** Takes the last step back: returns the edit to send for it, or null. */
  undo() {
    const step = this.done.pop();
    if (!step) return null;
    this.undone.push(step);
    return inverse(step.edit);
  }

  redo() {
    const step = this.undone.pop();
    if (!step) return null;
    this.done.push({ ...step, group: null });
    return step.edit;
  }

  /** Forgets the steps that change a key: it was changed by somebody else, and a step back would lose that. */
  forget(key) {
    const others = ({ edit }) => edit.every((one) => one.key !== key);
    [this.done, this.undone] = [this.done.filter(others), this.undone.filter(others)];
  }
}
