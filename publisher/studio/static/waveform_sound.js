// Draws the sound of a talk: times, peaks, loudness, and the overview; `view` is the Waveform.
import { RULER } from "./waveform_input.js";

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5];

const clock = (milliseconds, step) => {
  const all = Math.round(milliseconds);
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes, seconds] = [Math.floor(all / 36e5), Math.floor(all / 6e4) % 60, Math.floor(all / 1e3) % 60];
  const text = hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
  const digits = step >= 1000 ? 0 : step >= 100 ? 1 : step >= 10 ? 2 : 3;
  return digits ? `${text}.${String(all % 1000).padStart(3, "0").slice(0, digits)}` : text;
};

// From a byte (the root of an amplitude) to a height from -1 to 1: between the amplitude and its root, so
// that a quiet voice can be seen and a loud one keeps its shape.
const HEIGHTS = Float32Array.from({ length: 256 }, (_, index) => {
  const byte = index - 128;
  return Math.sign(byte) * (Math.abs(byte) / 127) ** 1.4;
});

/** The times above the waveform. */
export function drawRuler(view) {
  const { context, colours, width } = view;
  const step = STEPS.find((one) => one / view.scale >= 90) ?? STEPS.at(-1);
  context.fillStyle = colours.muted;
  context.textAlign = "left";
  context.direction = "ltr";
  for (let at = Math.ceil(view.start / step) * step; at <= view.start + view.span; at += step) {
    const x = Math.round(view.x(at));
    context.fillRect(x, RULER - 6, 1, 6);
    if (x < width - 20) context.fillText(clock(at, step), x + 3, RULER / 2 - 1);
  }
}

/** The waveform: two lanes if each microphone has its own channel. */
export function drawPeaks(view, top, bottom) {
  const { context, colours, peaks } = view;
  const lanes = peaks.document?.speakers === "microphones" ? 2 : 1;
  const half = (bottom - top) / lanes / 2;
  context.fillStyle = colours.line;
  for (let lane = 0; lane < lanes; lane += 1) context.fillRect(0, Math.round(top + half * (2 * lane + 1)), view.width, 1);
  context.fillStyle = colours.accent;
  context.beginPath();
  peaks.columns(view.start, view.scale, view.width, (column, channel, low, high) => {
    const middle = top + half * (2 * (lanes === 2 ? channel : 0) + 1);
    const above = middle - HEIGHTS[high + 128] * half;
    const below = middle - HEIGHTS[low + 128] * half;
    context.rect(column, above, 1, Math.max(1, below - above));
  });
  context.fill();
}

/** The lane of loudness and of the speakers' levels. */
export function drawLoudness(view, top, bottom) {
  const { context, colours, peaks } = view;
  const y = (level) => bottom - 2 - ((Math.max(-60, Math.min(0, level)) + 60) / 60) * (bottom - top - 6);
  context.fillStyle = colours.surface;
  context.fillRect(0, top, view.width, bottom - top);
  if (!peaks.loudness) return;
  // Two speakers differ by shape too: the first one is filled, the second one an outline.
  for (const [speaker, colour] of [[1, colours.rail], [2, colours.ink]]) {
    context.fillStyle = colour;
    context.beginPath();
    for (let column = 0; column < view.width; column += 1) {
      const at = view.start + column * view.scale;
      const level = peaks.loudest(speaker, at, at + view.scale);
      if (level !== null && level > -60) context.rect(column, y(level), 1, speaker === 1 ? bottom - 2 - y(level) : 2);
    }
    context.fill();
  }
  context.strokeStyle = colours.accent;
  context.lineWidth = 2;
  context.beginPath();
  let isDown = false;
  for (let column = 0; column < view.width; column += 2) {
    const at = view.start + column * view.scale;
    const level = peaks.loudest(0, at, at + 2 * view.scale);
    if (level !== null) context[isDown ? "lineTo" : "moveTo"](column, y(level));
    isDown = level !== null;
  }
  context.stroke();
  context.textAlign = "right";
  for (const level of [-40, -20]) {
    context.fillStyle = colours.edge;
    context.fillRect(0, Math.round(y(level)), view.width, 1);
    context.fillStyle = colours.paper;
    context.fillRect(view.width - 58, y(level) - 8, 58, 16);
    context.fillStyle = colours.muted;
    context.fillText(`${level} LUFS`, view.width - 4, y(level));
  }
}

/** The whole talk, small, with the part that is visible. */
export function drawOverview(view) {
  const { small, colours } = view;
  const [width, height] = [view.overviewWidth ?? 0, view.overviewHeight ?? 0];
  if (width < 2 || !view.duration) return;
  small.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  small.fillStyle = colours.surface;
  small.fillRect(0, 0, width, height);
  view.overviewBins ??= readOverview(view, width);
  small.fillStyle = colours.rail;
  small.beginPath();
  view.overviewBins.forEach((high, column) => small.rect(column, (height - high * height) / 2, 1, Math.max(1, high * height)));
  small.fill();
  const x = (milliseconds) => (milliseconds / view.duration) * width;
  small.fillStyle = colours.ink;
  for (const row of view.rows) {
    if (row.kind === "cut") small.fillRect(x(row.from * 1000), height - 4, Math.max(1, x((row.to - row.from) * 1000)), 4);
    if (row.kind === "chapter") small.fillRect(x(row.from * 1000), 0, 1, 8);
  }
  small.strokeStyle = colours.ink;
  small.lineWidth = 2;
  small.strokeRect(x(view.start) + 1, 1, Math.max(4, x(view.span) - 2), height - 2);
  small.fillRect(x(view.time * 1000) - 1, 0, 2, height);
}

function readOverview(view, width) {
  const bins = new Float32Array(Math.ceil(width));
  let isWhole = true;
  const seen = new Uint8Array(bins.length);
  view.peaks.columns(0, view.duration / width, width, (column, _channel, low, high) => {
    bins[column] = Math.max(bins[column], HEIGHTS[high + 128], -HEIGHTS[low + 128]);
    seen[column] = 1;
  });
  for (const one of seen) isWhole &&= one === 1;
  if (!isWhole) queueMicrotask(() => (view.overviewBins = null));
  return bins;
}
