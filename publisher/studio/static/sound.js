// The screen of a talk's sound: connects the waveform, the player, the list of marks and the server.
import { MarkEdits } from "./mark_edits.js";
import * as marks from "./marks.js";
import { MarksList, NAMES, NUDGE, shown } from "./marks_list.js";
import { Player, SPEEDS } from "./player.js";
import { pauses, SoundLoading } from "./sound_loading.js";
import { isTyping, notify, onState } from "./studio.js";
import * as undo from "./undo.js";
import { Waveform } from "./waveform.js";

const $ = (id) => document.getElementById(id);
const slug = $("sound").dataset.slug;
const base = `/api/talks/${encodeURIComponent(slug)}`;
const SNAP_PIXELS = 14;
let begun = null;
let proposed = null;
let dragged = null;

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
    if (row) list.focusRow(row);
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

const loading = new SoundLoading(base, waveform, player);
const list = new MarksList($("marks"), $("no-marks"), {
  edits, player, waveform, say, playAround, onChoose: () => draw(), onEmpty: () => $("play").focus(),
});

const snapped = (seconds, event) =>
  event?.altKey
    ? marks.rounded(seconds)
    : marks.snap(pauses, seconds, Math.min(1.5, Math.max(0.15, waveform.seconds(SNAP_PIXELS))));
function say(text) {
  $("doing").textContent = text;
}

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
  const field = row && list.element(row)?.querySelector("input");
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
  if (row) list.focusRow(row);
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

function draw(current = edits.values) {
  const rows = marks.rows(current);
  list.chosen &&= rows.find((one) => one.key === list.chosen.key && one.index === list.chosen.index) ?? null;
  waveform.show({ rows, kept: edits.kept, chosen: list.chosen });
  if (current === edits.values) list.drawList(rows);
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
  p: () => playAround(document.activeElement?.closest("#marks tr") ? list.chosen : null),
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
    edits.refetch().then(() => (edits.hasRecording ? loading.load("?since=1") : loading.showMissing())).catch(() => {});
  }
});

await edits.refetch().catch((error) => notify(error.message, "error"));
if (edits.hasRecording) loading.load();
else loading.showMissing();
