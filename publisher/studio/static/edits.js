// Edits of one talk: each field saves itself, in order; undo and redo; conflicts side by side.
import { get, send } from "./api.js";
import { notify, refresh } from "./studio.js";

const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** The value of a dotted key, null if there is none. */
export function valueAt(values, key) {
  let found = values;
  for (const part of key.split(".")) found = found && typeof found === "object" ? found[part] : undefined;
  return found ?? null;
}

function put(values, key, value) {
  const parts = key.split(".");
  const last = parts.pop();
  let inner = values;
  for (const part of parts) {
    if (typeof inner[part] !== "object" || inner[part] === null) inner[part] = {};
    inner = inner[part];
  }
  if (value === null || value === undefined) delete inner[last];
  else inner[last] = value;
}

export class TalkEdits extends EventTarget {
  constructor(slug) {
    super();
    this.slug = slug;
    this.path = `/api/talks/${slug}`;
    this.values = {};
    this.undone = [];
    this.done = [];
    this.running = Promise.resolve();
  }

  /** Reads the talk; listeners of "loaded" fill their fields. */
  async load() {
    const talk = await get(this.path);
    this.talk = talk;
    this.values = structuredClone(talk.values);
    this.dispatchEvent(new Event("loaded"));
  }

  value(key) {
    return valueAt(this.values, key);
  }

  /**
   * Saves keys with their new values; `seen` has the values that the page showed, if others.
   * Resolves to true if they were saved. Throws what the server refused, with `.body.problems`.
   */
  change(values, { seen = {}, history = "done" } = {}) {
    const own = this.running.then(() => this.#send(values, seen, history));
    this.running = own.catch(() => {});
    return own;
  }

  async #send(values, seen, history) {
    const changes = Object.entries(values)
      .map(([key, value]) => ({ key, was: key in seen ? seen[key] : this.value(key), value: value ?? null }))
      .filter((change) => !same(change.was, change.value));
    if (!changes.length) return false;
    this.dispatchEvent(new CustomEvent("saving"));
    const before = Object.fromEntries(changes.map((change) => [change.key, change.was ?? null]));
    try {
      const answer = await this.#post(changes);
      if (answer === null) {
        await this.load();
        return false;
      }
      for (const [key, value] of Object.entries(answer.values)) put(this.values, key, value);
      // Of a merged edit, only this page's part is undone: its values, not those of others.
      const inverse = { undo: before, redo: Object.fromEntries(changes.map((change) => [change.key, change.value])) };
      if (history === "done") {
        this.done.push(inverse);
        this.undone = [];
      }
      this.dispatchEvent(new CustomEvent("saved", { detail: answer }));
      refresh();
      return true;
    } catch (error) {
      this.dispatchEvent(new CustomEvent("refused", { detail: error }));
      throw error;
    }
  }

  /** The answer of the server; null if the producer decided for what is in the file. */
  async #post(changes) {
    try {
      return await send("POST", `${this.path}/edits`, { changes });
    } catch (error) {
      if (error.status !== 409) throw error;
      const mine = await decide(error.body.conflicts);
      if (!mine) return null;
      const theirs = Object.fromEntries(error.body.conflicts.map((one) => [one.key, one.theirs]));
      return this.#post(changes.map((change) => (change.key in theirs ? { ...change, was: theirs[change.key] } : change)));
    }
  }

  get canUndo() {
    return this.done.length > 0;
  }

  get canRedo() {
    return this.undone.length > 0;
  }

  async undo() {
    const edit = this.done.pop();
    if (!edit) return;
    await this.change(edit.undo, { seen: edit.redo, history: "none" }).then(
      () => this.undone.push(edit),
      (error) => notify(error.message, "error"),
    );
    this.dispatchEvent(new Event("loaded"));
  }

  async redo() {
    const edit = this.undone.pop();
    if (!edit) return;
    await this.change(edit.redo, { seen: edit.undo, history: "none" }).then(
      () => this.done.push(edit),
      (error) => notify(error.message, "error"),
    );
    this.dispatchEvent(new Event("loaded"));
  }

  /** The problems that a value would have. */
  check(key, value) {
    return send("POST", `${this.path}/check`, { key, value: value ?? null }).then((answer) => answer.problems);
  }
}

function shown(value) {
  if (value === null || value === undefined) return "(nothing)";
  if (Array.isArray(value)) return value.map(shown).join("\n");
  return typeof value === "object" ? JSON.stringify(value, null, 1).replace(/^[{}]\n?|\n?[{}]$/g, "") : String(value);
}

/** Shows all sides of conflicts; resolves to whether the producer keeps their own. */
export function decide(conflicts) {
  const dialog = document.createElement("dialog");
  dialog.className = "conflict";
  dialog.setAttribute("aria-labelledby", "conflict-title");
  const title = document.createElement("h2");
  title.id = "conflict-title";
  title.textContent = "This was changed in the file meanwhile";
  dialog.append(title);
  for (const conflict of conflicts) {
    const name = document.createElement("h3");
    name.textContent = conflict.key;
    const sides = document.createElement("div");
    sides.className = "sides";
    for (const [label, side] of [["Before", "base"], ["Yours", "yours"], ["In the file now", "theirs"]]) {
      const box = document.createElement("div");
      const head = document.createElement("p");
      head.className = "muted";
      head.textContent = label;
      const text = document.createElement("pre");
      text.dir = "auto";
      text.textContent = shown(conflict[side]);
      box.append(head, text);
      sides.append(box);
    }
    dialog.append(name, sides);
  }
  const row = document.createElement("p");
  row.className = "row";
  const mine = document.createElement("button");
  mine.textContent = "Keep mine";
  const theirs = document.createElement("button");
  theirs.textContent = "Take what is in the file";
  for (const button of [theirs, mine]) {
    button.type = "button";
    row.append(button);
  }
  dialog.append(row);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    mine.addEventListener("click", () => dialog.close("mine"));
    theirs.addEventListener("click", () => dialog.close(""));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "mine");
    });
  });
}
