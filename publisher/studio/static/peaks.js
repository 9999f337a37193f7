// Reads the file of peaks by byte ranges: only the tiles that are drawn, with a bounded cache.

const TILE_BINS = 4096;
const MAX_TILES = 600;
const MAX_REQUESTS = 4;
const NO_VALUE = -32768;

export class Peaks {
  /** `path`: that of waveform.bin; `onChange` is called when a tile has arrived. */
  constructor(path, onChange) {
    this.path = path;
    this.onChange = onChange;
    this.document = null;
    this.tiles = new Map();
    this.wanted = [];
    this.running = new Set();
    this.loudness = null;
  }

  /** Takes a new state of waveform.json; tiles of stretches that were incomplete are read again. */
  update(document) {
    const before = this.document;
    this.document = document;
    const isOther = before && document.key !== before.key;
    if (isOther) this.loudness = null;
    if (isOther || (before && (document.attempt ?? before.attempt) !== before.attempt)) this.tiles.clear();
    for (const [key, tile] of this.tiles) if (tile.partial) tile.stale = true;
    if (document.complete && !this.loudness && document.loudness?.rows) this.#readLoudness();
  }

  get channels() {
    return this.document?.channels ?? 1;
  }

  get milliseconds() {
    return (this.document?.duration ?? 0) * 1000;
  }

  /** The coarsest level with a bin in each pixel; `scale`: milliseconds per pixel. */
  level(scale) {
    const levels = this.document?.levels ?? [];
    return levels.find((one) => one.milliseconds <= scale) ?? levels.at(-1);
  }

  /**
   * Calls `draw(column, channel, low, high)`, with bytes, for each pixel column of `width` from `start` (ms) on
   * at `scale`. What is not read yet is drawn from a coarser level, and asked for.
   */
  columns(start, scale, width, draw) {
    const levels = this.document?.levels;
    if (!levels) return;
    this.wanted = [];
    const own = levels.indexOf(this.level(scale));
    const channels = this.channels;
    for (let column = 0; column < width; column += 1) {
      const from = start + column * scale;
      if (from < 0 || from >= this.milliseconds) continue;
      for (let depth = own; depth >= 0; depth -= 1) {
        const level = levels[depth];
        const first = Math.floor(from / level.milliseconds);
        const last = Math.min(level.bins, Math.max(first + 1, Math.ceil((from + scale) / level.milliseconds)));
        const found = this.#range(level, depth, first, last, channels, depth === own, column, draw);
        if (found) break;
      }
    }
    this.#request();
  }

  #range(level, depth, first, last, channels, isOwn, column, draw) {
    for (let channel = 0; channel < channels; channel += 1) {
      let low = 127;
      let high = -128;
      for (let bin = first; bin < last; bin += 1) {
        const number = Math.floor(bin / TILE_BINS);
        const tile = this.#tile(depth, number, isOwn);
        if (!tile?.bytes) return false;
        const at = ((bin - number * TILE_BINS) * channels + channel) * 2;
        if (tile.bytes[at] < low) low = tile.bytes[at];
        if (tile.bytes[at + 1] > high) high = tile.bytes[at + 1];
      }
      draw(column, channel, low, high);
    }
    return true;
  }

  #tile(depth, number, isWanted) {
    const key = depth * 1e6 + number;
    const tile = this.tiles.get(key);
    if (isWanted && this.lastKey !== key) {
      this.lastKey = key;
      if (tile) {
        // The map's order is that of use.
        this.tiles.delete(key);
        this.tiles.set(key, tile);
      }
      if ((!tile || tile.stale) && !this.wanted.includes(key)) this.wanted.push(key);
    }
    return tile;
  }

  #request() {
    this.lastKey = undefined;
    for (const key of this.wanted) {
      if (this.running.size >= MAX_REQUESTS) return;
      const [depth, number] = [Math.floor(key / 1e6), key % 1e6];
      const level = this.document.levels[depth];
      const bins = Math.min(TILE_BINS, level.bins - number * TILE_BINS);
      if (bins <= 0 || this.running.has(key)) continue;
      const span = [number * TILE_BINS, number * TILE_BINS + bins].map((bin) => (bin * level.milliseconds) / 1000);
      const covered = this.#covered(span);
      if (covered === 0) continue;
      this.running.add(key);
      const { document } = this;
      const size = 2 * this.channels;
      const from = level.offset + number * TILE_BINS * size;
      this.#bytes(from, from + bins * size)
        .then((buffer) => {
          if (document.key !== this.document.key) return;
          this.tiles.set(key, { bytes: new Int8Array(buffer), partial: covered < 1, stale: false });
          for (const old of this.tiles.keys()) {
            if (this.tiles.size <= MAX_TILES) break;
            this.tiles.delete(old);
          }
        })
        .catch(() => {})
        .finally(() => {
          this.running.delete(key);
          this.onChange();
        });
    }
  }

  /** How much of a span (seconds) was made, from 0 to 1. */
  #covered([start, end]) {
    const { complete, spans } = this.document;
    if (complete) return 1;
    const made = spans.reduce((sum, [a, b]) => sum + Math.max(0, Math.min(b, end) - Math.max(a, start)), 0);
    return end > start ? Math.min(1, made / (end - start)) : 0;
  }

  async #bytes(from, to) {
    const answer = await fetch(this.path, { headers: { Range: `bytes=${from}-${to - 1}` }, cache: "no-store" });
    if (answer.status !== 206) throw new Error("no such part of the waveform");
    return answer.arrayBuffer();
  }

  async #readLoudness() {
    const { offset, rows, columns } = this.document.loudness;
    try {
      const buffer = await this.#bytes(offset, offset + rows * columns * 2);
      this.loudness = { values: new Int16Array(buffer), rows, columns };
      this.onChange();
    } catch {
      this.loudness = null;
    }
  }

  /** The highest LUFS of a column (0: short-term, 1 and 2: speakers) in a span of ms; null if there is none. */
  loudest(column, from, to) {
    if (!this.loudness) return null;
    const { values, rows, columns } = this.loudness;
    const last = Math.min(rows, Math.max(Math.floor(from / 100) + 1, Math.ceil(to / 100)));
    let found = NO_VALUE;
    for (let row = Math.max(0, Math.floor(from / 100)); row < last; row += 1) {
      const value = values[row * columns + column];
      if (value > found) found = value;
    }
    return found === NO_VALUE ? null : found / 100;
  }
}
