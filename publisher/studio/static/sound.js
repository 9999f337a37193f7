// The screen of a talk's sound: connects the waveform, the player, the list of marks and the server.
import { get } from "./api.js";
import { MarkEdits } from "./mark_edits.js";
import * as marks from "./marks.js";
import { Player, SPEEDS } from "./player.js";
import { isTyping, notify, onState } from "./studio.js";
import * as undo from "./undo.js";
import { Waveform } from "./waveform.js";

const $ = (id) => document.getElementById(id);
const slug = $("sound").dataset.slug;
const base = `/api/talks/${encodeURIComponent(slug)}`;
const NAMES = { start: "Start", end: "End", cut: "Cut", mute: "Mute", chapter: "Chapter", soundbite: "Soundbite" };
const SPEAKERS = {
  microphones: "Filled: left microphone. Outline: right microphone.",
  voices: "Filled: the louder voice. Outline: the quieter voice.",
  one: "Filled: speech.",
};
const SNAP_PIXELS = 14;
const NUDGE = 0.01;
const GROUP_TIME = 1500;
let pauses = [];
let begun = null;
let proposed = null;
let chosen = null;
let dragged = null;
const nudges = { id: 0 };
let hasSound = false;

const edits = new MarkEdits(
  base,
  () => draw(),
  say,
  () => undo.push({ label: "mark", undo: () => step(false), redo: () => step(true) }),
);
const player = new Player($("recording"), $("join"), `${base}/sound.wav`, showPlayer);
const waveform = new Waveform($("waveform"), $("overview"), `${base}/waveform.bin`, {
  seek(seconds, row) {
    player.seek(seconds);
    if (row) focusRow(row);
  },
  select(from, to, event) {
    waveform.setSelection([snapped(from, event), snapped(to, event)]);
    if (proposed) {
      const [first, last] = [...waveform.selection].sort((a, b) => a - b);
      document.dispatchEvent(new CustomEvent("correct-span", { detail: { from: first, to: last } }));
      return;
    }
    say("Selected. X cuts it, M mutes it, B makes a soundbite, P plays the join.");
  },
  grab(row, edge, seconds, event) {
    dragged = marks.moveEdge(edits.values, row, edge, snapped(seconds, event)) ?? dragged;
    if (dragged) draw(marks.apply(edits.values, dragged));
  },
  drop(isCancelled) {
    const edit = dragged;
    dragged = null;
    if (edit && !isCancelled) edits.commit(edit);
    else draw();
  },
});

const snapped = (seconds, event) =>
  event?.altKey
    ? marks.rounded(seconds)
    : marks.snap(pauses, seconds, Math.min(1.5, Math.max(0.15, waveform.seconds(SNAP_PIXELS))));
function say(text) {
  $("doing").textContent = text;
}
const shown = (seconds) => {
  const text = marks.formatTime(Math.floor(seconds * 100 + 1e-6) / 100);
  const [whole, part = ""] = text.split(".");
  return `${whole}.${part.padEnd(2, "0")}`;
};

// Marks at the play head.

function mark(kind, event) {
  const time = marks.rounded(player.time);
  if (kind === "chapter") addChapter(snapped(time, event));
  else if (kind === "start" || kind === "end") edits.commit(marks.setEdge(edits.values, kind, snapped(time, event)));
  else if (waveform.selection) addSpan(kind, ...waveform.selection);
  else if (begun?.kind === kind) addSpan(kind, begun.time, snapped(time, event));
  else {
    begun = { kind, time: snapped(time, event) };
    waveform.setSelection(null);
    say(`${NAMES[kind]} from ${shown(begun.time)}: go to its end and press the key again, Esc drops it.`);
  }
}

function addChapter(seconds) {
  const number = (edits.values.chapters ?? []).length + 1;
  const edit = marks.addChapter(edits.values, seconds, `Chapter ${number}`);
  if (!edit) {
    say("A chapter begins here already.");
    return;
  }
  edits.commit(edit);
  const row = marks.rows(edits.values).find((one) => one.kind === "chapter" && Math.abs(one.from - seconds) < 0.005);
  const field = row && element(row)?.querySelector("input");
  field?.focus();
  field?.select();
}

function addSpan(kind, from, to) {
  if (Math.abs(to - from) < NUDGE) {
    say("The end must be after the beginning.");
    return;
  }
  begun = null;
  waveform.setSelection(null);
  edits.commit(kind === "soundbite" ? marks.addSoundbite(edits.values, from, to) : marks.addSpan(edits.values, kind, from, to));
  const start = marks.rounded(Math.min(from, to));
  const row = marks.rows(edits.values).find((one) => one.kind === kind && Math.abs(one.from - start) < 0.005);
  if (row) focusRow(row);
  say(`${NAMES[kind]} added. The arrow keys move its time, Esc goes back to the play head.`);
}

function drop() {
  begun = null;
  waveform.setSelection(null);
  say("");
}

/** Plays the join of a row, of the selection (as if it were cut), or around the play head. */
function playAround(row) {
  const times = { cut: marks.spans(edits.values, "cut"), mute: marks.spans(edits.values, "mute") };
  let [at, until] = [player.time, null];
  if (row) [at, until] = row.kind === "cut" ? [row.from, null] : [row.from, row.kind === "mute" ? row.to : null];
  else if (waveform.selection) {
    [at] = [Math.min(...waveform.selection)];
    times.cut = [...times.cut, [at, Math.max(...waveform.selection)]];
  } else if (begun && player.time - begun.time >= NUDGE) {
    at = begun.time;
    times[begun.kind === "mute" ? "mute" : "cut"].push([begun.time, marks.rounded(player.time)]);
    until = begun.kind === "mute" ? player.time : null;
  }
  player.playJoin(`${base}/join.wav`, {
    at, until, ...times, start: marks.parseTime(edits.values.start), end: marks.parseTime(edits.values.end),
  });
}

/** Plays a place as it would sound with other values. */
function playJoin(next, at, until) {
  const times = { cut: marks.spans(next, "cut"), mute: marks.spans(next, "mute") };
  const [start, end] = [marks.parseTime(next.start), marks.parseTime(next.end)];
  player.playJoin(`${base}/join.wav`, { at, until, ...times, start, end });
}

// The list of marks: the accessible twin of the waveform.

const element = (row) => $("marks").querySelector(`tr[data-key="${row.key}"][data-index="${row.index}"]`);

function focusRow(row) {
  element(row)?.querySelector(".edge")?.focus({ preventScroll: true });
}

function button(text, label, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", label);
  made.addEventListener("click", action);
  return made;
}

function edgeButton(row, edge) {
  const name = `${NAMES[row.kind]}${edge === "to" ? " to" : row.to === null ? " at" : " from"} ${shown(row[edge])}`;
  const made = button(shown(row[edge]), name, () => player.seek(row[edge]));
  made.className = "edge";
  made.dataset.edge = edge;
  made.setAttribute("aria-describedby", "edge-help");
  made.addEventListener("keydown", (event) => edgeKey(event, row, edge));
  return made;
}

function edgeKey(event, row, edge) {
  const direction = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
  if (direction && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    event.stopPropagation();
    nudge(row, edge, direction * (event.shiftKey ? 10 * NUDGE : NUDGE));
  } else if (event.key === "Delete" || event.key === "Backspace") {
    event.preventDefault();
    removeRow(row);
  } else if (event.key === "Escape") event.target.blur();
}

function nudge(row, edge, by) {
  const edit = marks.moveEdge(edits.values, row, edge, row[edge] + by);
  if (!edit) return;
  const time = marks.rounded(row[edge] + by);
  if (performance.now() - nudges.at > GROUP_TIME || nudges.edge !== `${row.key} ${edge}`) nudges.id += 1;
  Object.assign(nudges, { at: performance.now(), edge: `${row.key} ${edge}` });
  edits.commit(edit, `nudge ${nudges.id}`);
  const moved = marks.rows(edits.values).find((one) => one.key === row.key && Math.abs(one[edge] - time) < 0.001);
  if (!moved) return;
  element(moved)?.querySelector(`[data-edge=${edge}]`)?.focus();
  waveform.reveal(time);
  say(`${NAMES[row.kind]} ${shown(time)}`);
}

function removeRow(row) {
  const all = marks.rows(edits.values);
  const place = all.findIndex((one) => one.key === row.key && one.index === row.index);
  edits.commit(marks.remove(edits.values, row));
  say(`${NAMES[row.kind]} removed; Ctrl+Z brings it back.`);
  const next = marks.rows(edits.values)[Math.min(place, all.length - 2)];
  if (next) focusRow(next);
  else $("play").focus();
}

function titleField(row) {
  const field = document.createElement("input");
  field.dir = "auto";
  field.value = row.title;
  field.setAttribute("aria-label", `Title of the ${row.kind} at ${shown(row.from)}`);
  field.addEventListener("change", () => {
    const title = field.value.trim();
    if (title || row.kind !== "chapter") edits.commit(marks.setTitle(edits.values, row, title));
    else field.value = row.title;
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") field.blur();
    if (event.key === "Escape") {
      field.value = row.title;
      field.blur();
    }
  });
  return field;
}

function rowElement(row) {
  const line = document.createElement("tr");
  Object.assign(line.dataset, { key: row.key, index: row.index });
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = NAMES[row.kind];
  const cells = Array.from({ length: 5 }, () => document.createElement("td"));
  cells[0].append(edgeButton(row, "from"));
  if (row.to !== null) cells[1].append(edgeButton(row, "to"));
  cells[2].className = "time";
  if (row.title !== null) cells[3].append(titleField(row));
  cells[4].className = "actions";
  const name = `${NAMES[row.kind].toLowerCase()} at ${shown(row.from)}`;
  cells[4].append(
    button("Play around", `Play around the ${name}`, () => playAround(row)), " ",
    button("×", `Delete the ${name}`, () => removeRow(row)),
  );
  line.append(head, ...cells);
  line.addEventListener("focusin", () => choose(row));
  return line;
}

let listed = "";
function drawList(rows) {
  const state = JSON.stringify(rows);
  if (state !== listed) {
    listed = state;
    const focused = focusPlace();
    $("marks").tBodies[0].replaceChildren(...rows.map(rowElement));
    restoreFocus(focused);
  }
  rows.forEach((row, number) => {
    const cell = $("marks").tBodies[0].rows[number].cells[3];
    const text = publishedText(row);
    if (cell.textContent !== text) cell.textContent = text;
  });
  $("marks").hidden = rows.length === 0;
  $("no-marks").hidden = rows.length > 0;
}

function publishedText(row) {
  if (row.kind === "cut") return "left out";
  if (row.kind !== "end" && !marks.isKept(edits.kept, row.from)) return "not published";
  return shown(marks.published(edits.kept, row.from));
}

function focusPlace() {
  const active = document.activeElement;
  const line = active?.closest?.("#marks tr[data-key]");
  if (!line) return null;
  const controls = [...line.querySelectorAll("button, input")];
  return { key: line.dataset.key, index: Number(line.dataset.index), place: controls.indexOf(active), text: active.value };
}

function restoreFocus(focused) {
  const line = focused && element(focused);
  const control = line && [...line.querySelectorAll("button, input")][focused.place];
  if (!control) return;
  if (control.tagName === "INPUT") control.value = focused.text;
  control.focus({ preventScroll: true });
}

function choose(row) {
  chosen = row;
  for (const line of $("marks").tBodies[0].rows) {
    line.classList.toggle("current", line.dataset.key === row.key && Number(line.dataset.index) === row.index);
  }
  waveform.reveal(row.from);
  draw();
}

function draw(current = edits.values) {
  const rows = marks.rows(current);
  if (chosen) chosen = rows.find((one) => one.key === chosen.key && one.index === chosen.index) ?? null;
  waveform.show({ rows, kept: edits.kept, chosen });
  if (current === edits.values) drawList(rows);
}

// The player and its clock.

let lastText = "";
function showPlayer() {
  const isBusy = player.isPlaying || player.isPlayingJoin;
  const label = isBusy ? "Pause" : "Play";
  if ($("play").textContent !== label) $("play").textContent = label;
  $("speed").value = String(player.audio.playbackRate);
  if (player.error) {
    say(player.error);
    player.error = "";
  }
  showTime();
  if (player.isPlaying) requestAnimationFrame(tick);
}

let ticking = false;
function tick() {
  if (ticking) return;
  ticking = true;
  requestAnimationFrame(() => {
    ticking = false;
    showTime();
    if (player.isPlaying) tick();
  });
}

function showTime() {
  const time = player.time;
  waveform.setTime(time, $("follow").checked && player.isPlaying);
  const text = shown(time);
  if (text === lastText) return;
  lastText = text;
  $("time").textContent = text;
  $("published").textContent = shown(marks.published(edits.kept, time));
}

const KEYS = {
  c: (event) => mark("chapter", event),
  i: (event) => mark("start", event),
  o: (event) => mark("end", event),
  x: (event) => mark("cut", event),
  m: (event) => mark("mute", event),
  b: (event) => mark("soundbite", event),
  p: () => playAround(document.activeElement?.closest("#marks tr") ? chosen : null),
  " ": () => player.toggle(),
  ",": () => player.skip(-NUDGE),
  ".": () => player.skip(NUDGE),
  "[": () => player.changeSpeed(-1),
  "]": () => player.changeSpeed(1),
  "+": () => waveform.zoom(1.6),
  "=": () => waveform.zoom(1.6),
  "-": () => waveform.zoom(1 / 1.6),
  0: () => waveform.showAll(),
  escape: drop,
};

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]") || isTyping(event)) return;
  const control = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  const isArrow = key === "arrowleft" || key === "arrowright";
  if (isArrow && !event.altKey && !/^(SELECT)$/.test(event.target.tagName)) {
    event.preventDefault();
    player.skip((key === "arrowleft" ? -1 : 1) * (control ? 15 : event.shiftKey ? 5 : 1));
    waveform.reveal(player.time);
  } else if (KEYS[letter(event)] && !control && !(key === " " && event.target.closest("button, summary, a, input"))) {
    event.preventDefault();
    KEYS[letter(event)](event);
  }
});

/** The key of a shortcut; with Alt some systems type another letter, so the key's place counts. */
function letter(event) {
  return event.altKey && /^Key[A-Z]$/.test(event.code) ? event.code[3].toLowerCase() : event.key.toLowerCase();
}

function step(isRedo) {
  const edit = isRedo ? edits.history.redo() : edits.history.undo();
  if (!edit) return false;
  edits.commit(edit, null, true);
  say(isRedo ? "Done again." : "Undone.");
  return true;
}

for (const speed of SPEEDS) $("speed").append(new Option(`${speed}×`, String(speed)));
$("speed").value = "1";
$("speed").addEventListener("change", () => player.setSpeed(Number($("speed").value)));
$("play").addEventListener("click", () => player.toggle());
$("closer").addEventListener("click", () => waveform.zoom(1.6));
$("farther").addEventListener("click", () => waveform.zoom(1 / 1.6));
$("whole").addEventListener("click", () => waveform.showAll());
$("around").addEventListener("click", () => playAround(null));
$("undo").addEventListener("click", () => undo.undo());
$("redo").addEventListener("click", () => undo.redo());
undo.onChange((state) => {
  $("undo").disabled = !state.undo;
  $("redo").disabled = !state.redo;
});

document.addEventListener("sound-analysed", ({ detail }) => (pauses = detail.pauses));

// Words that were selected in the transcript: their span is shown, corrected and added here.
document.addEventListener("propose-span", ({ detail }) => {
  proposed = detail.kind;
  waveform.setSelection([detail.from, detail.to]);
  waveform.reveal(detail.from);
});
document.addEventListener("drop-span", () => {
  proposed = null;
  waveform.setSelection(null);
});
document.addEventListener("add-span", (event) => {
  event.preventDefault();
  addSpan(event.detail.kind, event.detail.from, event.detail.to);
});
document.addEventListener("listen-span", (event) => {
  const { kind, from, to } = event.detail;
  event.preventDefault();
  playJoin(marks.apply(edits.values, marks.addSpan(edits.values, kind, from, to)), from, kind === "mute" ? to : null);
});
for (const one of document.querySelectorAll("[data-skip]")) one.addEventListener("click", () => player.skip(Number(one.dataset.skip)));
for (const one of document.querySelectorAll("[data-mark]")) one.addEventListener("click", (event) => mark(one.dataset.mark, event));
addEventListener("beforeunload", (event) => {
  if (edits.isUnsaved) event.preventDefault();
});
onState((state) => {
  if (edits.waiting || dragged) return;
  if (edits.isUnsaved) edits.flush();
  else if (state.changed.includes(slug) || state.changed.includes("")) {
    edits.refetch().then(() => (edits.hasRecording ? load("?since=1") : showMissing())).catch(() => {});
  }
});

// The waveform and the sound are made by the server when they are first needed.

let shownKey = null;
let nextLoad = 0;
async function load(query = "") {
  clearTimeout(nextLoad);
  let found;
  try {
    found = await get(`${base}/waveform.json${query}`);
  } catch (error) {
    if (error.status === 400) showMissing();
    else {
      $("preparing").textContent = error.message;
      $("again").hidden = false;
    }
    return;
  }
  $("choose-recording").hidden = true;
  $("sound").classList.remove("no-recording");
  const isOther = shownKey !== null && shownKey !== found.key;
  if (isOther) hasSound = false;
  shownKey = found.key;
  if (found.levels) waveform.update(found);
  if (found.pauses || isOther) document.dispatchEvent(new CustomEvent("sound-analysed", { detail: { pauses: found.pauses ?? [] } }));
  if (found.speakers) $("legend").textContent = `Line: loudness (3 s). ${SPEAKERS[found.speakers]}`;
  if (!hasSound && (found.sound || found.spans?.length)) {
    hasSound = true;
    if (isOther) player.loadOther();
    else player.load();
    if (!isOther) seekAddress();
  }
  $("again").hidden = !found.error;
  $("preparing").textContent = found.error
    || (found.complete && found.sound ? "" : `Reading the recording: ${Math.floor(found.progress * 100)} %`);
  if (!found.error && !(found.complete && found.sound)) nextLoad = setTimeout(() => load("?since=1"), 300);
}

function showMissing() {
  $("preparing").textContent = "This talk has no recording that can be read.";
  $("again").hidden = true;
  $("choose-recording").hidden = false;
  $("sound").classList.add("no-recording");
}

/** Goes to the time of the address, such as `#t=83.5` or `#t=1:23.5`. */
function seekAddress() {
  const time = marks.parseTime(/^#t=([\d:.]+)$/.exec(location.hash)?.[1]);
  if (time === null) return;
  player.seek(time);
  waveform.reveal(time);
}

addEventListener("hashchange", seekAddress);
$("again").addEventListener("click", () => load("?again=1"));
await edits.refetch().catch((error) => notify(error.message, "error"));
if (edits.hasRecording) load();
else showMissing();
