// Draws the marks of a talk on its waveform; `view` is the Waveform, whose context and colours are used.
import { LANE, LOUDNESS, RULER } from "./waveform_input.js";

const LABELS = { start: "start", end: "end", cut: "cut", mute: "mute", soundbite: "soundbite" };

/** Makes what is not published pale. */
export function drawUnpublished(view, top, bottom) {
  const { context, colours } = view;
  const end = view.duration;
  let from = 0;
  context.globalAlpha = 0.72;
  context.fillStyle = colours.paper;
  for (const [start, stop] of [...view.kept, [end, end]]) {
    if (start > from) fillSpan(view, from, start === end ? end : start * 1000, top, bottom);
    from = (stop ?? end / 1000) * 1000;
  }
  context.globalAlpha = 1;
}

function fillSpan(view, from, to, top, bottom) {
  const [left, right] = [Math.max(0, view.x(from)), Math.min(view.width, view.x(to))];
  if (right > left) view.context.fillRect(left, top, right - left, bottom - top);
  return right > left ? [left, right] : null;
}

/** Edges, names and hatching of all marks but chapters. */
export function drawMarks(view, top, bottom) {
  const { context, colours } = view;
  for (const row of view.rows) {
    if (row.kind === "chapter") continue;
    const isChosen = isFocused(view, row);
    context.strokeStyle = isChosen ? colours.ink : colours.edge;
    context.lineWidth = isChosen ? 2 : 1;
    if (row.kind === "cut" || row.kind === "mute") hatch(view, row, top, bottom);
    if (row.kind === "soundbite") {
      context.fillStyle = colours.rail;
      fillSpan(view, row.from * 1000, row.to * 1000, bottom - 8, bottom);
    }
    for (const time of [row.from, row.to]) {
      const x = time === null ? -1 : view.x(time * 1000);
      if (x < -1 || x > view.width + 1) continue;
      context.fillStyle = isChosen ? colours.ink : colours.accent;
      context.fillRect(Math.round(x) - 1, top, 2, bottom - top);
      context.fillRect(Math.round(x) - 4, top, 8, 8);
    }
    const x = view.x(row.from * 1000) + 5;
    if (x > -60 && x < view.width) {
      context.fillStyle = colours.ink;
      context.textAlign = "left";
      context.fillText(LABELS[row.kind], x, row.kind === "soundbite" ? bottom - 16 : top + 16);
    }
  }
}

function hatch(view, row, top, bottom) {
  const { context } = view;
  const [left, right] = [Math.max(0, view.x(row.from * 1000)), Math.min(view.width, view.x(row.to * 1000))];
  if (right <= left) return;
  context.save();
  context.beginPath();
  context.rect(left, top, right - left, bottom - top);
  context.clip();
  context.beginPath();
  if (row.kind === "cut") {
    const rise = bottom - top;
    const first = Math.floor((left - rise) / 12) * 12;
    for (let x = first; x < right; x += 12) {
      context.moveTo(x, bottom);
      context.lineTo(x + rise, top);
    }
  } else {
    for (let y = top + 6; y < bottom; y += 8) {
      context.moveTo(left, y);
      context.lineTo(right, y);
    }
  }
  context.stroke();
  context.restore();
}

/** The lane of chapters, with their titles. */
export function drawChapters(view) {
  const { context, colours } = view;
  const chapters = view.rows.filter((row) => row.kind === "chapter");
  context.fillStyle = colours.surface;
  context.fillRect(0, RULER, view.width, LANE);
  chapters.forEach((row, number) => {
    const left = view.x(row.from * 1000);
    const right = number + 1 < chapters.length ? view.x(chapters[number + 1].from * 1000) : view.x(view.duration);
    if (right < 0 || left > view.width) return;
    context.fillStyle = isFocused(view, row) ? colours.ink : colours.accent;
    context.fillRect(Math.round(left) - 1, RULER, 2, view.height - RULER - LOUDNESS);
    context.fillRect(Math.round(left) - 1, RULER, 8, 4);
    const begin = Math.max(0, left) + 6;
    if (right - begin < 16) return;
    context.save();
    context.beginPath();
    context.rect(begin, RULER, right - begin - 4, LANE);
    context.clip();
    context.fillStyle = colours.ink;
    const isRightToLeft = /^[^A-Za-z\u00c0-\u024f]*[\u0590-\u08ff\ufb1d-\ufefc]/.test(row.title);
    context.direction = isRightToLeft ? "rtl" : "ltr";
    context.textAlign = "left";
    context.fillText(row.title, begin, RULER + LANE / 2 + 1);
    context.restore();
  });
  context.direction = "ltr";
}

/** What is selected. */
export function drawSelection(view, top, bottom) {
  if (!view.selection) return;
  const { context, colours } = view;
  const [from, to] = view.selection;
  context.fillStyle = colours.accent;
  context.globalAlpha = 0.22;
  fillSpan(view, Math.min(from, to) * 1000, Math.max(from, to) * 1000, top, bottom);
  context.globalAlpha = 1;
  for (const time of view.selection) context.fillRect(Math.round(view.x(time * 1000)), top, 1, bottom - top);
}

function isFocused(view, row) {
  return view.chosen !== null && row.key === view.chosen.key && row.index === view.chosen.index;
}
