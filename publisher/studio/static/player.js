// Plays the recording, and joins as they will sound.
//
// The file is uncompressed: a position is exact, and the browser reads only what it plays.

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5];

export class Player {
  /** `audio` plays the recording, `joins` the joins; `onChange` is called when playing starts, stops or fails. */
  constructor(audio, joins, path, onChange) {
    Object.assign(this, { audio, joins, path, onChange });
    this.loaded = 0;
    this.failures = 0;
    this.error = "";
    for (const name of ["play", "pause", "ended", "ratechange", "waiting", "playing"]) audio.addEventListener(name, onChange);
    for (const name of ["play", "pause", "ended"]) joins.addEventListener(name, onChange);
    audio.addEventListener("error", () => this.#failed());
    joins.addEventListener("error", () => {
      if (joins.getAttribute("src")) this.#joinFailed();
    });
  }

  /** Loads the recording; again after its file has changed. Keeps the position, and plays on. */
  load() {
    const time = this.audio.currentTime;
    const isPlaying = this.isPlaying;
    this.loaded += 1;
    this.error = "";
    this.audio.src = `${this.path}?load=${this.loaded}`;
    if (time) this.audio.currentTime = time;
    if (isPlaying) this.audio.play().catch(() => {});
  }

  /** Loads another recording, from its beginning. */
  loadOther() {
    this.stop();
    this.audio.removeAttribute("src");
    this.audio.load();
    this.failures = 0;
    this.load();
  }

  get time() {
    return this.audio.currentTime;
  }

  get isPlaying() {
    return !this.audio.paused && !this.audio.ended;
  }

  get isPlayingJoin() {
    return !this.joins.paused && !this.joins.ended;
  }

  get duration() {
    return Number.isFinite(this.audio.duration) ? this.audio.duration : Infinity;
  }

  async toggle() {
    if (this.isPlayingJoin) this.joins.pause();
    else if (this.isPlaying) this.audio.pause();
    else await this.audio.play().catch(() => {});
  }

  stop() {
    this.audio.pause();
    this.joins.pause();
  }

  seek(seconds) {
    this.joins.pause();
    this.audio.currentTime = Math.max(0, Math.min(seconds, this.duration));
    this.onChange();
  }

  skip(seconds) {
    this.seek(this.time + seconds);
  }

  /** The next slower (-1) or faster (1) speed. */
  changeSpeed(direction) {
    const at = SPEEDS.indexOf(this.audio.playbackRate);
    this.setSpeed(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, (at < 0 ? 2 : at) + direction))]);
  }

  setSpeed(speed) {
    this.audio.playbackRate = speed;
    this.joins.playbackRate = speed;
  }

  /** Plays a join: {at, until, cut, mute, start, end} in seconds; all cuts and mutes of the talk. */
  async playJoin(path, { at, until = null, cut, mute, start = null, end = null }) {
    this.audio.pause();
    const query = new URLSearchParams({ at: String(at) });
    if (until !== null) query.set("until", String(until));
    for (const [name, spans] of [["cut", cut], ["mute", mute]]) {
      for (const span of spans.length ? spans : [null]) query.append(name, span ? span.join("-") : "");
    }
    query.set("start", start ?? "");
    query.set("end", end ?? "");
    this.error = "";
    this.joins.src = `${path}?${query}`;
    await this.joins.play().catch(() => {});
  }

  #failed() {
    if (!this.audio.getAttribute("src")) return;
    // The length of the file changes once, when it is complete.
    this.failures += 1;
    if (this.failures < 4) setTimeout(() => this.load(), 1000);
    else {
      this.error = "The sound did not arrive.";
      this.onChange();
    }
  }

  async #joinFailed() {
    const answer = await fetch(this.joins.src).then((found) => found.json()).catch(() => ({}));
    this.error = answer.error ?? "The join could not be made.";
    this.onChange();
  }
}
