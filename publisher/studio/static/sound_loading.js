// Loads the waveform and the sound of a talk, which the server makes when they are first needed.
import { get } from "./api.js";
import * as marks from "./marks.js";

const $ = (id) => document.getElementById(id);
const SPEAKERS = {
  microphones: "Filled: left microphone. Outline: right microphone.",
  voices: "Filled: the louder voice. Outline: the quieter voice.",
  one: "Filled: speech.",
};

/** The pauses of the speech, as ascending spans in milliseconds. */
export let pauses = [];

export class SoundLoading {
  constructor(base, waveform, player) {
    Object.assign(this, { base, waveform, player });
    this.key = null;
    this.timer = 0;
    this.hasSound = false;
    $("again").addEventListener("click", () => this.load("?again=1"));
    addEventListener("hashchange", () => this.seekAddress());
  }

  /** Asks for the state, shows what is there, and asks again until all of it is. */
  async load(query = "") {
    clearTimeout(this.timer);
    let found;
    try {
      found = await get(`${this.base}/waveform.json${query}`);
    } catch (error) {
      if (error.status === 400) this.showMissing();
      else {
        $("preparing").textContent = error.message;
        $("again").hidden = false;
      }
      return;
    }
    $("choose-recording").hidden = true;
    $("sound").classList.remove("no-recording");
    const isOther = this.key !== null && this.key !== found.key;
    if (isOther) this.hasSound = false;
    this.key = found.key;
    if (found.levels) this.waveform.update(found);
    if (found.pauses || isOther) pauses = found.pauses ?? [];
    if (found.speakers) $("legend").textContent = `Line: loudness (3 s). ${SPEAKERS[found.speakers]}`;
    if (!this.hasSound && (found.sound || found.spans?.length)) {
      this.hasSound = true;
      if (isOther) this.player.loadOther();
      else this.player.load();
      if (!isOther) this.seekAddress();
    }
    $("again").hidden = !found.error;
    $("preparing").textContent = found.error
      || (found.complete && found.sound ? "" : `Reading the recording: ${Math.floor(found.progress * 100)} %`);
    if (!found.error && !(found.complete && found.sound)) this.timer = setTimeout(() => this.load("?since=1"), 300);
  }

  showMissing() {
    $("preparing").textContent = "This talk has no recording that can be read.";
    $("again").hidden = true;
    $("choose-recording").hidden = false;
    $("sound").classList.add("no-recording");
  }

  /** Goes to the time of the address, such as `#t=83.5` or `#t=1:23.5`. */
  seekAddress() {
    const time = marks.parseTime(/^#t=([\d:.]+)$/.exec(location.hash)?.[1]);
    if (time === null) return;
    this.player.seek(time);
    this.waveform.reveal(time);
  }
}
