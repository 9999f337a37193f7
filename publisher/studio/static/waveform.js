// Draws a talk's waveform, its marks and its loudness on a canvas, and an overview of the whole talk.
//
// It holds what is visible (`start`, `scale`), not the marks: these are given to `show`. Everything is drawn in
// an animation frame, at most once a frame, and nothing is measured there, so that zooming causes no layout.
import { Peaks } from "./peaks.js";
import { LANE, LOUDNESS, RULER, WaveformInput } from "./waveform_input.js";

const MIN_SPAN = 10;
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5];

export const clock = (milliseconds, step) => {
  const all = Math.round(milliseconds);
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes, seconds] = [Math.floor(all / 36e5), Math.floor(all / 6e4) % 60, Math.floor(all / 1e3) % 60];
  const text = hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
  const digits = step >= 1000 ? 0 : step >= 100 ? 1 : step >= 10 ? 2 : 3;
  return digits ? `${text}.${String(all % 1000).padStart(3, "0").slice(0, digits)}` : text;
};

export class Waveform {
  /**
   * `events`: seek(seconds), select(from, to), grab(row, edge, seconds, event), drop(), which get times of the
   * recording in seconds.
   */
  constructor(canvas, overview, path, events) {
    Object.assign(this, { canvas, overview, events });
    this.peaks = new Peaks(path, () => {
      this.overviewBins = null;
      this.redraw();
    });
    [this.start, this.scale, this.width, this.height, this.ratio] = [0, 1, 1, 1, 1];
    this.rows = [];
    this.kept = [];
    this.time = 0;
    this.selection = null;
    this.chosen = null;
    this.frame = 0;
    this.overviewBins = null;
    this.context = canvas.getContext("2d");
    this.small = overview.getContext("2d");
    this.#readColours();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#readColours());
    new ResizeObserver((entries) => this.#resize(entries)).observe(canvas);
    new ResizeObserver((entries) => this.#resize(entries)).observe(overview);
    this.input = new WaveformInput(this);
  }

  /** Takes a new state of waveform.json. */
  update(document) {
    const before = this.peaks.document;
    const isFirst = document.levels && (!before?.levels || before.key !== document.key);
    this.peaks.update(document);
    this.overviewBins = null;
    if (isFirst) this.showAll();
    this.redraw();
  }

  /** Draws these marks; `kept`: the published stretches, `chosen`: the row that has the focus. */
  show({ rows, kept, chosen = null }) {
    Object.assign(this, { rows, kept, chosen });
    this.redraw();
  }

  get span() {
    return this.width * this.scale;
  }

  get duration() {
    return this.peaks.milliseconds;
  }

  showAll() {
    this.scale = Math.max(MIN_SPAN, this.duration) / this.width;
    this.start = 0;
    this.redraw();
  }

  /** Zooms by a factor (above 1: closer) around a pixel. */
  zoom(factor, x = this.x(this.time * 1000)) {
    const at = x >= 0 && x <= this.width ? x : this.width / 2;
    const time = this.start + at * this.scale;
    const least = MIN_SPAN / this.width;
    this.scale = Math.min(Math.max(this.scale / factor, least), Math.max(least, this.duration / this.width));
    this.moveTo(time - at * this.scale);
  }

  /** Moves what is visible by a share of its width. */
  scroll(share) {
    this.moveTo(this.start + share * this.span);
  }

  /** Makes a time visible, in the middle unless it is visible already. */
  reveal(seconds) {
    const x = this.x(seconds * 1000);
    if (x < 0 || x > this.width) this.moveTo(seconds * 1000 - this.span / 2);
  }

  /** Sets the play head; with `follows` the waveform turns its page when the play head leaves it. */
  setTime(seconds, follows) {
    if (seconds === this.time) return;
    this.time = seconds;
    const x = this.x(seconds * 1000);
    if (follows && !this.input.isActive && (x < 0 || x > this.width)) {
      this.moveTo(seconds * 1000 - this.span * 0.08);
    }
    this.redraw();
  }

  setSelection(selection) {
    this.selection = selection;
    this.redraw();
  }

  /** Seconds that a distance in pixels stands for. */
  seconds(pixels) {
    return (pixels * this.scale) / 1000;
  }

  redraw() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.#draw());
  }

  x(milliseconds) {
    return (milliseconds - this.start) / this.scale;
  }

  moveTo(start) {
    this.start = Math.max(0, Math.min(start, this.duration - this.span));
    this.redraw();
  }

  #readColours() {
    const style = getComputedStyle(document.documentElement);
    const names = ["paper", "surface", "line", "edge", "muted", "ink", "accent", "mark", "rail"];
    this.colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    this.font = `12px ${style.fontFamily}`;
    this.redraw();
  }

  #resize(entries) {
    this.ratio = Math.min(2, devicePixelRatio || 1);
    for (const { target, contentRect } of entries) {
      target.width = Math.round(contentRect.width * this.ratio);
      target.height = Math.round(contentRect.height * this.ratio);
      if (target === this.canvas) {
        const isWhole = this.span >= this.duration;
        [this.width, this.height] = [Math.max(1, contentRect.width), contentRect.height];
        if (isWhole) this.showAll();
      } else {
        [this.overviewWidth, this.overviewHeight] = [contentRect.width, contentRect.height];
        this.overviewBins = null;
      }
    }
    this.redraw();
  }

  #draw() {
    this.frame = 0;
    const { context, colours, width, height } = this;
    if (width < 2) return;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.fillStyle = colours.paper;
    context.fillRect(0, 0, width, height);
    context.font = this.font;
    context.textBaseline = "middle";
    this.#drawRuler();
    const top = RULER + LANE;
    const bottom = height - LOUDNESS;
    this.#drawPeaks(top, bottom);
    this.#drawLoudness(bottom, height);
    this.#drawUnpublished(top, bottom);
    this.#drawMarks(top, bottom);
    this.#drawChapters();
    this.#drawSelection(top, bottom);
    const x = this.x(this.time * 1000);
    context.fillStyle = colours.ink;
    context.fillRect(Math.round(x) - 1, 0, 2, height);
    this.#drawOverview();
  }

  #drawRuler() {
    const { context, colours, width } = this;
    const step = STEPS.find((one) => one / this.scale >= 90) ?? STEPS.at(-1);
    context.fillStyle = colours.muted;
    context.textAlign = "left";
    context.direction = "ltr";
    for (let at = Math.ceil(this.start / step) * step; at <= this.start + this.span; at += step) {
      const x = Math.round(this.x(at));
      context.fillRect(x, RULER - 6, 1, 6);
      if (x < width - 20) context.fillText(clock(at, step), x + 3, RULER / 2 - 1);
    }
  }

  #drawPeaks(top, bottom) {
    const { context, colours, peaks } = this;
    const lanes = peaks.document?.speakers === "microphones" ? 2 : 1;
    const half = (bottom - top) / lanes / 2;
    context.fillStyle = colours.line;
    for (let lane = 0; lane < lanes; lane += 1) context.fillRect(0, Math.round(top + half * (2 * lane + 1)), this.width, 1);
    context.fillStyle = colours.accent;
    context.beginPath();
    peaks.columns(this.start, this.scale, this.width, (column, channel, low, high) => {
      const middle = top + half * (2 * (lanes === 2 ? channel : 0) + 1);
      const above = middle - HEIGHTS[high + 128] * half;
      const below = middle - HEIGHTS[low + 128] * half;
      context.rect(column, above, 1, Math.max(1, below - above));
    });
    context.fill();
  }

  #drawLoudness(top, bottom) {
    const { context, colours, peaks } = this;
    const y = (level) => bottom - 2 - ((Math.max(-60, Math.min(0, level)) + 60) / 60) * (bottom - top - 6);
    context.fillStyle = colours.surface;
    context.fillRect(0, top, this.width, bottom - top);
    if (!peaks.loudness) return;
    // Two speakers differ by shape too: the first one is filled, the second one an outline.
    for (const [speaker, colour] of [[1, colours.rail], [2, colours.ink]]) {
      context.fillStyle = colour;
      context.beginPath();
      for (let column = 0; column < this.width; column += 1) {
        const at = this.start + column * this.scale;
        const level = peaks.loudest(speaker, at, at + this.scale);
        if (level !== null && level > -60) context.rect(column, y(level), 1, speaker === 1 ? bottom - 2 - y(level) : 2);
      }
      context.fill();
    }
    context.strokeStyle = colours.accent;
    context.lineWidth = 2;
    context.beginPath();
    let isDown = false;
    for (let column = 0; column < this.width; column += 2) {
      const at = this.start + column * this.scale;
      const level = peaks.loudest(0, at, at + 2 * this.scale);
      if (level !== null) context[isDown ? "lineTo" : "moveTo"](column, y(level));
      isDown = level !== null;
    }
    context.stroke();
    context.textAlign = "right";
    for (const level of [-40, -20]) {
      context.fillStyle = colours.edge;
      context.fillRect(0, Math.round(y(level)), this.width, 1);
      context.fillStyle = colours.paper;
      context.fillRect(this.width - 58, y(level) - 8, 58, 16);
      context.fillStyle = colours.muted;
      context.fillText(`${level} LUFS`, this.width - 4, y(level));
    }
  }

  #drawUnpublished(top, bottom) {
    const { context, colours } = this;
    const end = this.duration;
    let from = 0;
    context.globalAlpha = 0.72;
    context.fillStyle = colours.paper;
    for (const [start, stop] of [...this.kept, [end, end]]) {
      if (start > from) this.#fillSpan(from, start === end ? end : start * 1000, top, bottom);
      from = (stop ?? end / 1000) * 1000;
    }
    context.globalAlpha = 1;
  }

  #fillSpan(from, to, top, bottom) {
    const [left, right] = [Math.max(0, this.x(from)), Math.min(this.width, this.x(to))];
    if (right > left) this.context.fillRect(left, top, right - left, bottom - top);
    return right > left ? [left, right] : null;
  }

  #drawMarks(top, bottom) {
    const { context, colours } = this;
    for (const row of this.rows) {
      if (row.kind === "chapter") continue;
      const isChosen = this.#isChosen(row);
      context.strokeStyle = isChosen ? colours.ink : colours.edge;
      context.lineWidth = isChosen ? 2 : 1;
      if (row.kind === "cut" || row.kind === "mute") this.#hatch(row, top, bottom);
      if (row.kind === "soundbite") {
        context.fillStyle = colours.rail;
        this.#fillSpan(row.from * 1000, row.to * 1000, bottom - 8, bottom);
      }
      for (const time of [row.from, row.to]) {
        const x = time === null ? -1 : this.x(time * 1000);
        if (x < -1 || x > this.width + 1) continue;
        context.fillStyle = isChosen ? colours.ink : colours.accent;
        context.fillRect(Math.round(x) - 1, top, 2, bottom - top);
        context.fillRect(Math.round(x) - 4, top, 8, 8);
      }
      const x = this.x(row.from * 1000) + 5;
      if (x > -60 && x < this.width) {
        context.fillStyle = colours.ink;
        context.textAlign = "left";
        context.fillText(LABELS[row.kind], x, row.kind === "soundbite" ? bottom - 16 : top + 16);
      }
    }
  }

  #hatch(row, top, bottom) {
    const { context } = this;
    const [left, right] = [Math.max(0, this.x(row.from * 1000)), Math.min(this.width, this.x(row.to * 1000))];
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

  #drawChapters() {
    const { context, colours } = this;
    const chapters = this.rows.filter((row) => row.kind === "chapter");
    context.fillStyle = colours.surface;
    context.fillRect(0, RULER, this.width, LANE);
    chapters.forEach((row, number) => {
      const left = this.x(row.from * 1000);
      const right = number + 1 < chapters.length ? this.x(chapters[number + 1].from * 1000) : this.x(this.duration);
      if (right < 0 || left > this.width) return;
      context.fillStyle = this.#isChosen(row) ? colours.ink : colours.accent;
      context.fillRect(Math.round(left) - 1, RULER, 2, this.height - RULER - LOUDNESS);
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

  #drawSelection(top, bottom) {
    if (!this.selection) return;
    const { context, colours } = this;
    const [from, to] = this.selection;
    context.fillStyle = colours.accent;
    context.globalAlpha = 0.22;
    this.#fillSpan(Math.min(from, to) * 1000, Math.max(from, to) * 1000, top, bottom);
    context.globalAlpha = 1;
    for (const time of this.selection) context.fillRect(Math.round(this.x(time * 1000)), top, 1, bottom - top);
  }

  #isChosen(row) {
    return this.chosen !== null && row.key === this.chosen.key && row.index === this.chosen.index;
  }

  #drawOverview() {
    const { small, colours } = this;
    const [width, height] = [this.overviewWidth ?? 0, this.overviewHeight ?? 0];
    if (width < 2 || !this.duration) return;
    small.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    small.fillStyle = colours.surface;
    small.fillRect(0, 0, width, height);
    this.overviewBins ??= this.#readOverview(width);
    small.fillStyle = colours.rail;
    small.beginPath();
    this.overviewBins.forEach((high, column) => small.rect(column, (height - high * height) / 2, 1, Math.max(1, high * height)));
    small.fill();
    const x = (milliseconds) => (milliseconds / this.duration) * width;
    small.fillStyle = colours.ink;
    for (const row of this.rows) {
      if (row.kind === "cut") small.fillRect(x(row.from * 1000), height - 4, Math.max(1, x((row.to - row.from) * 1000)), 4);
      if (row.kind === "chapter") small.fillRect(x(row.from * 1000), 0, 1, 8);
    }
    small.strokeStyle = colours.ink;
    small.lineWidth = 2;
    small.strokeRect(x(this.start) + 1, 1, Math.max(4, x(this.span) - 2), height - 2);
    small.fillRect(x(this.time * 1000) - 1, 0, 2, height);
  }

  #readOverview(width) {
    const bins = new Float32Array(Math.ceil(width));
    let isWhole = true;
    const seen = new Uint8Array(bins.length);
    this.peaks.columns(0, this.duration / width, width, (column, _channel, low, high) => {
      bins[column] = Math.max(bins[column], HEIGHTS[high + 128], -HEIGHTS[low + 128]);
      seen[column] = 1;
    });
    for (const one of seen) isWhole &&= one === 1;
    if (!isWhole) queueMicrotask(() => (this.overviewBins = null));
    return bins;
  }
}

const LABELS = { start: "start", end: "end", cut: "cut", mute: "mute", soundbite: "soundbite" };

// From a byte (the root of an amplitude) to a height from -1 to 1: between the amplitude and its root, so
// that a quiet voice can be seen and a loud one keeps its shape.
const HEIGHTS = Float32Array.from({ length: 256 }, (_, index) => {
  const byte = index - 128;
  return Math.sign(byte) * (Math.abs(byte) / 127) ** 1.4;
});
