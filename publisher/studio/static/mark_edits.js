// The edits of a talk's marks: shown at once, sent one after another, taken back if the server refuses them.
import { get, send } from "./api.js";
import * as marks from "./marks.js";
import { notify } from "./studio.js";

const $ = (id) => document.getElementById(id);
// The server did not answer, knows no session or is locked: the edit is kept and sent again.
const UNSENT = [0, 403, 423];
const GROUP_DELAY = 400;

export class MarkEdits {
  /**
   * `base`: the talk's path; `onChange` is called when the values change, `say` shows a sentence, `onStep`
   * is called for each new step of undo.
   */
  constructor(base, onChange, say, onStep) {
    Object.assign(this, { base, onChange, say, onStep });
    this.history = new marks.History();
    this.values = {};
    this.saved = {};
    this.kept = [];
    this.hasRecording = true;
    this.waiting = 0;
    this.sending = Promise.resolve();
    this.timer = 0;
  }

  get isUnsaved() {
    return this.waiting > 0 || marks.difference(this.saved, this.values).length > 0;
  }

  /** Makes an edit; `group`: edits in a row with the same group are one step of undo. */
  commit(edit, group = null, isStep = false) {
    if (!edit?.length) return;
    const own = edit.map((one) => ({ ...one, was: this.values[one.key] ?? null }));
    if (own.every((one) => marks.same(one.was, one.value))) return;
    if (!isStep && this.history.add(own, group)) this.onStep();
    this.values = marks.apply(this.values, own);
    this.onChange();
    clearTimeout(this.timer);
    if (group === null) this.flush();
    else this.timer = setTimeout(() => this.flush(), GROUP_DELAY);
  }

  /** Sends the difference between what is shown and what is saved. */
  flush() {
    clearTimeout(this.timer);
    this.waiting += 1;
    this.sending = this.sending.then(() => this.#sendDifference()).finally(() => (this.waiting -= 1));
    return this.sending;
  }

  /** Takes the values of the server; those with an edit on its way stay. */
  async refetch() {
    const talk = await get(this.base);
    this.hasRecording = talk.recording !== null;
    this.kept = talk.kept.map(([start, end]) => [start, end ?? Infinity]);
    const written = marks.KEYS.filter((key) => talk.values[key] != null).map((key) => [key, talk.values[key]]);
    const theirs = Object.fromEntries(written);
    for (const { key } of marks.difference(this.saved, theirs)) {
      this.history.forget(key);
      if (marks.same(this.values[key], this.saved[key])) this.#take(key, theirs[key]);
    }
    this.saved = theirs;
    this.onChange();
  }

  #take(key, value) {
    this.values = marks.apply(this.values, [{ key, value: value ?? null }]);
  }

  async #sendDifference() {
    const changes = marks.difference(this.saved, this.values);
    if (!changes.length) return;
    const before = this.saved;
    try {
      await send("POST", `${this.base}/edits`, { changes });
      this.saved = marks.apply(this.saved, changes);
      await this.refetch();
    } catch (error) {
      if (error.status === 409 && error.body.conflicts) await this.#resolve(error.body.conflicts);
      else if (UNSENT.includes(error.status)) this.say(`Not saved yet: ${error.message}`);
      else {
        this.values = before;
        for (const { key } of changes) this.history.forget(key);
        notify(error.message || "The change was not saved.", "error");
        this.onChange();
      }
    }
  }

  async #resolve(conflicts) {
    const isMine = await chooseSide(conflicts);
    for (const { key, theirs } of conflicts) {
      this.saved = marks.apply(this.saved, [{ key, value: theirs ?? null }]);
      if (isMine) continue;
      this.#take(key, theirs);
      this.history.forget(key);
    }
    const keys = conflicts.map((one) => one.key).join(", ");
    this.say(isMine ? `Your change of ${keys} is kept.` : `The file's ${keys} is kept.`);
    this.onChange();
    if (isMine) await this.#sendDifference();
    else await this.refetch();
  }
}

/** Shows both sides of conflicts; resolves to whether mine is taken. */
function chooseSide(conflicts) {
  $("sides").replaceChildren(side("Mine", "yours", conflicts), side("Theirs", "theirs", conflicts));
  const dialog = $("conflict");
  return new Promise((resolve) => {
    $("mine").onclick = () => dialog.close("mine");
    $("theirs").onclick = () => dialog.close("theirs");
    dialog.onclose = () => resolve(dialog.returnValue === "mine");
    dialog.returnValue = "";
    dialog.showModal();
  });
}

function side(title, name, conflicts) {
  const part = document.createElement("section");
  const head = document.createElement("h3");
  head.textContent = title;
  const text = document.createElement("pre");
  const written = (value) => (value == null ? "left out" : JSON.stringify(value, null, 1));
  text.textContent = conflicts.map((one) => `${one.key}: ${written(one[name])}`).join("\n");
  part.append(head, text);
  return part;
}
