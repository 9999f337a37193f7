// What the mouse, a pen and fingers do on a waveform: seek, select, zoom, move and drag edges.

// Heights in pixels of the ruler, the lane of chapters and the lane of loudness.
export const RULER = 22;
export const LANE = 26;
export const LOUDNESS = 64;

// Pixels from an edge at which it is grabbed.
const EDGE = { mouse: 6, touch: 18, pen: 10 };

export class WaveformInput {
  constructor(waveform) {
    this.waveform = waveform;
    this.pointers = new Map();
    this.grabbed = null;
    this.isDragging = false;
    this.#listen();
  }

  /** Whether a button or a finger is down. */
  get isActive() {
    return this.pointers.size > 0;
  }

  #listen() {
    const { canvas, overview } = this.waveform;
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.#press(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => this.#release(event));
    const jump = (event) => {
      if (event.buttons !== 1 && event.type !== "pointerdown") return;
      if (event.type === "pointerdown") overview.setPointerCapture(event.pointerId);
      this.waveform.moveTo((event.offsetX / this.waveform.overviewWidth) * this.waveform.duration - this.waveform.span / 2);
    };
    overview.addEventListener("pointerdown", jump);
    overview.addEventListener("pointermove", jump);
  }

  #wheel(event) {
    event.preventDefault();
    const pixels = event.deltaMode === 1 ? 16 : 1;
    const [across, along] = [event.deltaX * pixels, event.deltaY * pixels];
    if (event.shiftKey || Math.abs(across) > Math.abs(along)) {
      this.waveform.moveTo(this.waveform.start + (across || along) * this.waveform.scale);
    } else {
      // A trackpad's pinch arrives as small steps with the control key.
      this.waveform.zoom(Math.exp(-along * (event.ctrlKey ? 0.01 : 0.0025)), event.offsetX);
    }
  }

  #edgeAt(x, y, reach) {
    let [best, distance] = [null, reach];
    for (const row of this.waveform.rows) {
      const top = row.kind === "chapter" ? RULER : RULER + LANE;
      if (y < top || y > this.waveform.height - LOUDNESS) continue;
      for (const edge of ["from", "to"]) {
        if (row[edge] === null) continue;
        const away = Math.abs(this.waveform.x(row[edge] * 1000) - x);
        if (away <= distance) [best, distance] = [{ row, edge }, away];
      }
    }
    return best;
  }

  #timeAt(x) {
    return Math.max(0, Math.min(this.waveform.duration, this.waveform.start + x * this.waveform.scale)) / 1000;
  }

  #press(event) {
    if (event.button !== 0) return;
    this.waveform.canvas.setPointerCapture(event.pointerId);
    const point = { x: event.offsetX, y: event.offsetY, type: event.pointerType };
    this.pointers.set(event.pointerId, { ...point, first: point.x });
    if (this.pointers.size === 2) {
      this.grabbed = null;
      this.waveform.setSelection(null);
      return;
    }
    this.grabbed = this.#edgeAt(point.x, point.y, EDGE[event.pointerType] ?? EDGE.mouse);
    this.isDragging = false;
  }

  #move(event) {
    const pointer = this.pointers.get(event.pointerId);
    const { offsetX: x, offsetY: y } = event;
    if (!pointer) {
      const cursor = this.#edgeAt(x, y, EDGE.mouse) ? "ew-resize" : "text";
      if (cursor !== this.cursor) this.waveform.canvas.style.cursor = this.cursor = cursor;
      return;
    }
    if (this.pointers.size === 2) {
      this.#pinch(event.pointerId, x);
      return;
    }
    this.isDragging ||= Math.abs(x - pointer.first) > 4;
    if (this.isDragging && this.grabbed) {
      this.waveform.events.grab(this.grabbed.row, this.grabbed.edge, this.#timeAt(x), event);
    } else if (this.isDragging && event.pointerType === "touch") {
      this.waveform.moveTo(this.waveform.start - (x - pointer.x) * this.waveform.scale);
    } else if (this.isDragging) {
      this.waveform.setSelection([this.#timeAt(pointer.first), this.#timeAt(x)]);
    }
    pointer.x = x;
  }

  #pinch(id, x) {
    const [[one, a], [, b]] = [...this.pointers];
    const [moved, other] = id === one ? [a, b] : [b, a];
    const [before, after] = [Math.abs(moved.x - other.x), Math.abs(x - other.x)];
    if (before > 8 && after > 8) this.waveform.zoom(after / before, (x + other.x) / 2);
    moved.x = x;
  }

  #release(event) {
    const pointer = this.pointers.get(event.pointerId);
    this.pointers.delete(event.pointerId);
    if (!pointer || this.pointers.size > 0) return;
    const isCancelled = event.type === "pointercancel";
    if (this.grabbed && this.isDragging) this.waveform.events.drop(isCancelled);
    else if (isCancelled) this.waveform.setSelection(null);
    else if (this.isDragging && this.waveform.selection) this.waveform.events.select(...this.waveform.selection, event);
    else if (!this.isDragging) {
      this.waveform.setSelection(null);
      this.waveform.events.seek(this.#timeAt(event.offsetX), this.grabbed?.row ?? null);
    }
    this.grabbed = null;
  }
}
