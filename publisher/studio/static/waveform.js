// Draws a talk's waveform, its marks and its loudness on a canvas, and an overview of the whole talk.
//
// It holds what is visible (`start`, `scale`), not the marks: these are given to `show`. Everything is drawn in
// an animation frame, at most once a frame, and nothing is measured there, so that zooming causes no layout.
import { Peaks } from "./peaks.js";
import { LANE, LOUDNESS, RULER, WaveformInput } from "./waveform_input.js";
import { drawChapters, drawMarks, drawSelection, drawUnpublished } from "./waveform_marks.js";
import { drawLoudness, drawOverview, drawPeaks, drawRuler } from "./waveform_sound.js";

const MIN_SPAN = 10;

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
    drawRuler(this);
    const top = RULER + LANE;
    const bottom = height - LOUDNESS;
    drawPeaks(this, top, bottom);
    drawLoudness(this, bottom, height);
    drawUnpublished(this, top, bottom);
    drawMarks(this, top, bottom);
    drawChapters(this);
    drawSelection(this, top, bottom);
    const x = this.x(this.time * 1000);
    context.fillStyle = colours.ink;
    context.fillRect(Math.round(x) - 1, 0, 2, height);
    drawOverview(this);
  }
}
