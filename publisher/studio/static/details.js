// The details of a talk: every field saves itself, with the rules of `publisher check` shown while typing.
import { get, RequestError, send, token, upload } from "./api.js";
import { decide, TalkEdits } from "./edits.js";
import { editPerson } from "./person_dialog.js";
import { listFolder, uploadRecording } from "./recordings.js";
import { isTyping, notify, onState } from "./studio.js";

const root = document.getElementById("details");
const slug = root.dataset.slug;
const edits = new TalkEdits(slug);
const saved = document.getElementById("saved");
const seen = {};
let offers = { people: [], topics: [] };

const make = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};
const button = (text, label, action) => {
  const made = make("button", { type: "button", textContent: text });
  if (label !== text) made.setAttribute("aria-label", label);
  made.addEventListener("click", action);
  return made;
};
const clone = (value) => (value === null || value === undefined ? null : structuredClone(value));

// Problems, below the field that they concern

const places = [...root.querySelectorAll("[data-problem]")].sort(
  (a, b) => b.dataset.problem.length - a.dataset.problem.length,
);

function placeOf(problem) {
  const key = problem.key.replace(/^(episode|people)[^:]*: ?/, "");
  return places.find((place) => {
    const own = place.dataset.problem;
    return key === own || key.startsWith(`${own}.`) || key.startsWith(`${own}[`) || key.startsWith(`${own} `);
  });
}

/** Shows the problems of a key in place of earlier ones; those of other keys where they belong. */
function showProblems(key, problems) {
  const texts = new Map();
  const own = places.find((place) => key === place.dataset.problem || key.startsWith(`${place.dataset.problem}.`));
  if (own) texts.set(own, []);
  for (const problem of problems) {
    const place = placeOf(problem);
    const text = place ? problem.text : `${problem.key.replace(/^(episode|people)[^:]*: ?/, "")}: ${problem.text}`;
    if (place ?? own) texts.set(place ?? own, [...(texts.get(place ?? own) ?? []), { ...problem, text }]);
  }
  for (const [place, found] of texts) {
    place.textContent = [...new Set(found.map((problem) => problem.text))].join("\n");
    place.hidden = !found.length;
    place.dataset.level = found.every((problem) => problem.level === "warning") ? "warning" : "error";
    const field = document.getElementById(`f-${place.dataset.problem}`);
    field?.setAttribute("aria-invalid", String(found.some((problem) => problem.level !== "warning")));
  }
}

const waiting = new Map();

/** Checks a value a moment after the last key. */
function checkSoon(key, value) {
  clearTimeout(waiting.get(key));
  waiting.set(
    key,
    setTimeout(async () => {
      const problems = await edits.check(key, value).catch(() => null);
      if (problems) showProblems(key, problems);
    }, 250),
  );
}

// Saving

const dirty = new Set();

async function save(values, shownBefore = {}) {
  const keys = Object.keys(values);
  for (const key of keys) clearTimeout(waiting.get(key));
  try {
    await edits.change(values, { seen: shownBefore });
    for (const key of keys) dirty.delete(key);
    return true;
  } catch (error) {
    for (const key of keys) dirty.add(key);
    if (error.body?.problems) showProblems(keys[0], error.body.problems);
    else notify(error.message, "error");
    return false;
  }
}

edits.addEventListener("saving", () => (saved.textContent = "Saving …"));
edits.addEventListener("refused", () => (saved.textContent = "Not saved: see the field"));
edits.addEventListener("saved", (event) => {
  saved.textContent = `Saved at ${new Date().toLocaleTimeString("en-GB", { timeStyle: "short" })}`;
  for (const [key, value] of Object.entries(event.detail.values)) {
    seen[key] = clone(value);
    showProblems(key, event.detail.problems);
  }
  fill();
});

// Plain fields

const fields = [...root.querySelectorAll("[data-key]")];
const spoken = root.querySelectorAll("#f-title, #f-summary, #f-notes");

function read(field) {
  const text = field.value.trim();
  if (field.dataset.type === "list") {
    const items = text.split(/[,،]/).map((item) => item.trim()).filter(Boolean);
    return items.length ? items : null;
  }
  if (text === "" || text === field.dataset.default) return null;
  if (field.dataset.type === "boolean") return text === "true";
  return field.type === "number" && Number.isInteger(Number(text)) ? Number(text) : text;
}

function show(field, value) {
  if (Array.isArray(value)) field.value = value.join(", ");
  else field.value = value ?? field.dataset.default ?? "";
}

/** Fills everything that the producer is not editing just now. */
function fill() {
  for (const field of fields) {
    const key = field.dataset.key;
    const value = edits.value(key);
    const isEdited = dirty.has(key) || (field === document.activeElement && JSON.stringify(read(field)) !== JSON.stringify(seen[key] ?? null));
    if (isEdited) continue;
    seen[key] = clone(value);
    show(field, value);
  }
  const status = document.getElementById("f-status");
  status.querySelector("[value=withdrawn]").hidden = status.value !== "withdrawn";
  status.disabled = status.value === "withdrawn";
  const head = document.querySelector(".talk-head h1");
  head.textContent = edits.value("title") ?? slug;
  for (const element of [head, ...spoken]) element.lang = edits.value("language") ?? offers.language ?? "";
  document.getElementById("recording-name").textContent = edits.value("recording") ?? "None yet: the talk can only be a draft.";
  fillDate();
  fillYoutube();
  for (const list of lists) list.fill();
  fillConsent();
  fillNotes();
  document.getElementById("undo").disabled = !edits.canUndo;
  document.getElementById("redo").disabled = !edits.canRedo;
}

for (const field of fields) {
  const key = field.dataset.key;
  field.addEventListener("input", () => checkSoon(key, read(field)));
  field.addEventListener("change", () => {
    const value = read(field);
    if (key === "youtube.id" && typeof edits.value("youtube") !== "object")
      return save({ youtube: value ? { id: value } : null });
    return save({ [key]: value }, { [key]: seen[key] ?? null });
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && field.tagName === "INPUT") field.dispatchEvent(new Event("change"));
    if (event.key === "Escape" && isTyping(event)) {
      dirty.delete(key);
      show(field, seen[key]);
      showProblems(key, []);
    }
  });
}

// Date

const day = document.getElementById("f-day");
const time = document.getElementById("f-time");
const zone = document.getElementById("f-zone");
const moment = document.getElementById("moment");
const DATE = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:\.\d+)?(Z|[+-]\d\d:\d\d)?)?$/;

function readDate() {
  if (!day.value) return null;
  if (!time.value) return day.value;
  return `${day.value}T${time.value.length === 5 ? `${time.value}:00` : time.value}${zone.value}`;
}

function fillDate() {
  if (dirty.has("date") || [day, time].includes(document.activeElement)) return;
  const value = edits.value("date");
  seen.date = value;
  const [, writtenDay = "", writtenTime = "", , offset = ""] = DATE.exec(value ?? "") ?? [];
  const choices = [["", `${offers.timezone ?? ""}, of the series`]];
  if (offset) choices.push([offset, offset === "Z" ? "UTC" : `UTC${offset}, as written`]);
  zone.replaceChildren(...choices.map(([key, text]) => make("option", { value: key, textContent: text })));
  day.value = writtenDay;
  time.value = writtenTime;
  zone.value = offset;
  sayMoment();
}

async function sayMoment() {
  const value = readDate();
  const found = value ? await get(`/api/moment?date=${encodeURIComponent(value)}`).catch(() => null) : null;
  moment.textContent = found?.text ?? "";
}

for (const field of [day, time, zone]) {
  field.addEventListener("input", () => {
    sayMoment();
    checkSoon("date", readDate());
  });
  // Day and time are saved together once the focus leaves both.
  field.addEventListener("blur", (event) => {
    if (![day, time, zone].includes(event.relatedTarget)) saveDate();
  });
  field.addEventListener("keydown", (event) => event.key === "Enter" && saveDate());
}
zone.addEventListener("change", saveDate);

function saveDate() {
  const value = readDate();
  const was = seen.date ?? null;
  const plain = (text) => (text ?? "").replace(/(T\d\d:\d\d)(?=$|[Z+-])/, "$1:00");
  if (plain(value) === plain(was)) {
    dirty.delete("date");
    return;
  }
  save({ date: value }, { date: was });
}

// YouTube

const youtube = document.getElementById("f-youtube");
const settings = document.getElementById("youtube-settings");
const idField = settings.querySelector('[data-field="youtube.id"]');

function youtubeMode(value) {
  if (value === null || typeof value === "string") return value ?? "";
  if (value.id) return "id";
  return value.upload === true ? "upload" : value.upload === false ? "off" : "";
}

function fillYoutube() {
  if (youtube === document.activeElement && youtube.value === "id" && !edits.value("youtube.id")) return;
  youtube.value = youtubeMode(edits.value("youtube"));
  showYoutube();
}

function showYoutube() {
  idField.hidden = youtube.value !== "id";
  settings.hidden = youtube.value === "off";
}

youtube.addEventListener("change", () => {
  const value = edits.value("youtube");
  const mode = youtube.value;
  showYoutube();
  if (mode === "id") return document.getElementById("f-youtube.id").focus();
  const isTable = value !== null && typeof value === "object";
  const others = isTable && Object.keys(value).some((key) => !["id", "upload"].includes(key));
  if (!others) return save({ youtube: mode || null }, { youtube: value });
  return save({ "youtube.id": null, "youtube.upload": mode ? mode === "upload" : null });
});

// Lists

const lists = [];

class List {
  constructor(key) {
    this.key = key;
    this.box = root.querySelector(`[data-list="${key}"]`);
    this.entries = this.box.querySelector(".entries");
    this.items = [];
    lists.push(this);
    this.entries.addEventListener("keydown", (event) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      const line = event.target.closest("li");
      if (!step || !event.altKey || !line) return;
      event.preventDefault();
      this.move([...this.entries.children].indexOf(line), step, event.target);
    });
  }

  written() {
    const value = edits.value(this.key);
    return value === null ? [] : Array.isArray(value) ? value : [value];
  }

  fill() {
    if (dirty.has(this.key) || this.isIncomplete?.() || this.isEdited()) return;
    const items = clone(this.written());
    if (this.entries.childElementCount && JSON.stringify(items) === JSON.stringify(this.items)) return;
    this.items = items;
    seen[this.key] = clone(edits.value(this.key));
    this.draw();
  }

  /** Whether something is typed in it that is not saved yet. */
  isEdited() {
    const isOther = JSON.stringify(this.value()) !== JSON.stringify(seen[this.key] ?? null);
    return isOther && this.entries.contains(document.activeElement);
  }

  draw(focus = null) {
    this.entries.replaceChildren(...this.items.map((item, index) => this.line(item, index)));
    if (focus !== null) this.entries.children[focus]?.querySelector("input, button, select")?.focus();
  }

  value() {
    return this.items.length ? this.items : null;
  }

  save() {
    return save({ [this.key]: clone(this.value()) }, { [this.key]: seen[this.key] ?? null });
  }

  add(item) {
    this.items.push(item);
    this.draw();
    return this.save();
  }

  remove(index) {
    this.items.splice(index, 1);
    this.draw();
    (this.entries.children[Math.min(index, this.items.length - 1)]?.querySelector("button") ?? this.box.querySelector("[data-add]"))?.focus();
    this.save();
  }

  move(index, step, from) {
    const other = index + step;
    if (index < 0 || other < 0 || other >= this.items.length) return;
    [this.items[index], this.items[other]] = [this.items[other], this.items[index]];
    const place = [...this.entries.children[index].querySelectorAll("input, button, select")].indexOf(from);
    this.draw();
    this.entries.children[other].querySelectorAll("input, button, select")[place]?.focus();
    this.save();
  }

  tools(index, name) {
    const up = button("↑", `Move ${name} up`, (event) => this.move(index, -1, event.currentTarget));
    up.disabled = index === 0;
    return [up, button("×", `Remove ${name}`, () => this.remove(index))];
  }
}

/** Draws the lists of people again, whose names may be others now. */
function redraw() {
  for (const list of lists) if (list instanceof People) list.draw();
  fillConsent();
}

const nameOf = (id) => offers.people.find((person) => person.id === id)?.name ?? id;

class People extends List {
  constructor(key) {
    super(key);
    this.input = this.box.querySelector("input");
    this.found = this.box.querySelector(".found");
    this.box.querySelector("[data-add]").addEventListener("click", () => this.find());
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.find();
    });
    this.input.addEventListener("input", () => this.found.replaceChildren());
  }

  value() {
    if (this.key === "moderator" && this.items.length === 1) return this.items[0];
    return super.value();
  }

  line(item, index) {
    const id = typeof item === "string" ? item : item.person;
    const person = offers.people.find((one) => one.id === id);
    const title = make("input", { value: item.title ?? "", dir: "auto", placeholder: person?.title ?? "" });
    title.setAttribute("aria-label", `Title of ${nameOf(id)} at the time of the talk`);
    title.addEventListener("change", () => {
      this.items[index] = title.value.trim() ? { person: id, title: title.value.trim() } : id;
      this.save();
    });
    const name = make("span", { className: "name" }, make("bdi", { textContent: nameOf(id) }));
    if (person?.hidden) name.append(" (hidden)");
    const edit = button("Edit", `Edit ${nameOf(id)}`, () =>
      editPerson(id, async () => {
        await readOffers();
        redraw();
      }).catch((error) => notify(error.message, "error")),
    );
    edit.className = "edit-person";
    return make("li", {}, name, title, edit, ...this.tools(index, nameOf(id)));
  }

  async find() {
    const text = this.input.value.trim();
    if (!text) return this.input.focus();
    const found = await get(`/api/people?name=${encodeURIComponent(text)}`).catch((error) => ({ problem: error.message }));
    if (found.person) return this.put(found.person);
    if (found.problem) return this.found.replaceChildren(make("span", { textContent: found.problem }));
    const similar = found.similar.map((person) =>
      button(`It is ${person.name}`, `It is ${person.name}`, () => this.put(person)),
    );
    const add = button(`Add ${found.new.name} as a new person`, `Add ${found.new.name} as a new person`, () =>
      this.addNew(found.new.name),
    );
    this.found.replaceChildren(...similar, add, make("span", { className: "muted", textContent: `id: ${found.new.id}` }));
    (similar[0] ?? add).focus();
    return undefined;
  }

  async addNew(name) {
    try {
      const { person } = await send("POST", "/api/people", { name });
      this.put(person);
    } catch (error) {
      this.found.replaceChildren(make("span", { textContent: error.message }));
    }
  }

  put(person) {
    if (!offers.people.some((one) => one.id === person.id)) offers.people.push({ title: null, hidden: false, ...person });
    this.input.value = "";
    this.found.replaceChildren();
    this.input.focus();
    if (this.items.some((item) => (item.person ?? item) === person.id)) return undefined;
    return this.add(person.id);
  }
}

class Topics extends List {
  constructor() {
    super("topics");
    this.input = this.box.querySelector("input");
    const add = () => {
      const text = this.input.value.trim();
      const known = offers.topics.find((topic) => topic.toLocaleLowerCase() === text.toLocaleLowerCase()) ?? text;
      if (!text) return this.input.focus();
      this.input.value = "";
      this.input.focus();
      return this.items.includes(known) ? undefined : this.add(known);
    };
    this.box.querySelector("[data-add]").addEventListener("click", add);
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      add();
    });
    this.input.addEventListener("input", () => this.input.value && checkSoon("topics", [...this.items, this.input.value.trim()]));
  }

  line(topic, index) {
    const text = make("span", { dir: "auto", textContent: topic });
    return make("li", { className: "chip" }, text, button("×", `Remove ${topic}`, () => this.remove(index)));
  }
}

/** A list of tables with a field for each key; a new one is saved when its required keys are there. */
class Tables extends List {
  constructor(key, columns, required, noun) {
    super(key);
    this.columns = columns;
    this.required = required;
    this.noun = noun;
    this.box.querySelector("[data-add]").addEventListener("click", () => {
      this.items.push({ ...Object.fromEntries(columns.filter((column) => column.start).map((column) => [column.key, column.start()])) });
      this.draw(this.items.length - 1);
    });
  }

  isIncomplete() {
    return this.items.some((item) => this.required.some((key) => !item[key]));
  }

  line(item, index) {
    const inputs = this.columns.map((column) => {
      const input = make(column.choices ? "select" : "input", { dir: column.dir ?? "auto" });
      if (column.type) input.type = column.type;
      if (column.choices) input.append(...column.choices.map(([value, text]) => make("option", { value, textContent: text })));
      else input.placeholder = column.label;
      input.setAttribute("aria-label", `${column.label} of ${this.noun} ${index + 1}`);
      input.value = item[column.key] ?? column.choices?.[0][0] ?? "";
      const read = () => {
        const value = input.value.trim();
        if (value && value !== column.default) item[column.key] = value;
        else delete item[column.key];
      };
      input.addEventListener("input", () => {
        read();
        checkSoon(this.key, this.items);
      });
      input.addEventListener("change", () => {
        read();
        if (!this.isIncomplete()) this.save();
      });
      return input;
    });
    return make("li", {}, ...inputs, ...this.tools(index, `${this.noun} ${index + 1}`));
  }

  remove(index) {
    const wasIncomplete = this.isIncomplete();
    if (!wasIncomplete) return super.remove(index);
    this.items.splice(index, 1);
    this.draw();
    this.box.querySelector("[data-add]").focus();
    showProblems(this.key, []);
    return this.isIncomplete() ? undefined : this.save();
  }
}

const today = () => {
  const now = new Date();
  return new Date(now - now.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
};

for (const key of ["guests", "moderator", "sources"]) new People(key);
new Topics();
new Tables(
  "links",
  [
    { key: "title", label: "Text" },
    { key: "url", label: "Address", dir: "ltr", type: "url" },
    { key: "kind", label: "Kind", default: "reading", choices: [["reading", "Reading"], ["coverage", "Coverage"], ["source", "Source"]] },
  ],
  ["title", "url"],
  "link",
);
new Tables(
  "corrections",
  [
    { key: "date", label: "Day", type: "date", start: today },
    { key: "text", label: "What was wrong, and what is right" },
  ],
  ["date", "text"],
  "correction",
);

// Consent

const PLACES = ["feed", "pages", "youtube"];

function fillConsent() {
  const rows = document.getElementById("consent-rows");
  if (rows.contains(document.activeElement) && document.activeElement.type === "date") return;
  const consent = edits.value("consent") ?? {};
  const guests = lists.find((list) => list.key === "guests").items.map((item) => item.person ?? item);
  const ids = [...new Set([...guests, ...Object.keys(consent)])];
  document.getElementById("consents").hidden = !ids.length;
  document.getElementById("consent-hint").textContent = offers.requireConsent
    ? "Without a guest’s consent to a place, the talk does not appear there."
    : "This series does not require consents (require_consent); they are only noted.";
  seen.consent = clone(edits.value("consent"));
  rows.replaceChildren(
    ...ids.map((id) => {
      const cells = PLACES.map((place) => {
        const input = make("input", { type: "date", value: consent[id]?.[place] ?? "" });
        input.setAttribute("aria-label", `Consent of ${nameOf(id)}: ${{ feed: "feed and apps", pages: "site", youtube: "YouTube" }[place]}`);
        input.addEventListener("change", () => saveConsent(id, { [place]: input.value }));
        return make("td", {}, input);
      });
      const all = button("All today", `All today: ${nameOf(id)} agreed to every place`, () =>
        saveConsent(id, Object.fromEntries(PLACES.filter((place) => !consent[id]?.[place]).map((place) => [place, today()]))),
      );
      const head = make("th", { scope: "row" }, make("bdi", { textContent: nameOf(id) }));
      return make("tr", {}, head, ...cells, make("td", {}, all));
    }),
  );
}

function saveConsent(id, days) {
  const consent = clone(edits.value("consent")) ?? {};
  const own = { ...consent[id], ...days };
  for (const place of PLACES) if (!own[place]) delete own[place];
  if (Object.keys(own).length) consent[id] = own;
  else delete consent[id];
  return save({ consent: Object.keys(consent).length ? consent : null }, { consent: seen.consent ?? null });
}

// Notes

const notes = document.getElementById("f-notes");
const preview = document.getElementById("notes-preview");
let base = "";
let notesTimer = 0;
let previewTimer = 0;
let shownText = null;
let savingNotes = Promise.resolve();

function fillNotes() {
  if (notes.value !== base) return;
  base = edits.talk.notes.text;
  if (notes.value !== base) notes.value = base;
  showPreview();
}

async function showPreview() {
  if (notes.value === shownText) return;
  shownText = notes.value;
  const answer = await fetch(`/api/talks/${slug}/notes/preview`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Publisher-Token": token },
    body: JSON.stringify({ text: shownText }),
  }).catch(() => null);
  if (!answer?.ok) return;
  const text = await answer.text();
  const scrolled = preview.contentWindow?.scrollY ?? 0;
  const lang = document.querySelector(".talk-head h1").lang;
  // The frame runs no script: its sandbox forbids it, and so does the policy that it inherits.
  preview.srcdoc = `<!doctype html><html lang="${lang.replace(/[^\w-]/g, "")}"><meta charset="utf-8"><title>Notes</title><link rel="stylesheet" href="/static/notes_preview.css"><link rel="stylesheet" href="/colours.css"><body dir="auto">${text}`;
  preview.addEventListener("load", () => preview.contentWindow?.scrollTo(0, scrolled), { once: true });
}

function saveNotes() {
  clearTimeout(notesTimer);
  savingNotes = savingNotes.then(sendNotes);
  return savingNotes;
}

async function sendNotes() {
  const text = notes.value;
  if (text === base) return;
  saved.textContent = "Saving …";
  try {
    const answer = await send("PUT", `/api/talks/${slug}/notes`, { base, text });
    if (notes.value === text) notes.value = answer.text;
    base = answer.text;
    edits.talk.notes.text = answer.text;
    saved.textContent = "Saved";
    showProblems("notes", []);
  } catch (error) {
    saved.textContent = "Not saved";
    if (error.status === 409) {
      const [conflict] = error.body.conflicts;
      base = conflict.theirs;
      if (!(await decide([conflict]))) notes.value = base;
      return saveNotes();
    }
    showProblems("notes", [{ key: "notes", text: error.message, level: "error" }]);
  }
  return showPreview();
}

notes.addEventListener("input", () => {
  clearTimeout(notesTimer);
  clearTimeout(previewTimer);
  notesTimer = setTimeout(saveNotes, 1500);
  previewTimer = setTimeout(showPreview, 300);
});
notes.addEventListener("change", saveNotes);

// Images

for (const box of root.querySelectorAll("[data-picture]")) {
  const kind = box.dataset.picture;
  const path = `/api/talks/${slug}/picture?kind=${kind}`;
  const image = make("img", { alt: `${box.querySelector(".label").textContent} of this talk`, hidden: true });
  box.querySelector(".label").after(image);
  const remove = box.querySelector("button");
  const problem = box.querySelector(".problem");
  const showPicture = (exists) => {
    image.hidden = remove.hidden = !exists;
    box.querySelector(".hint").hidden = exists;
    if (exists) image.src = `${path}&now=${Date.now()}`;
    else image.removeAttribute("src");
  };
  const say = (text) => {
    problem.textContent = text;
    problem.hidden = !text;
  };
  box.showPicture = showPicture;
  box.querySelector("input").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    say("");
    try {
      await upload(path, file, () => {}).done;
      showPicture(true);
      saved.textContent = "Saved";
    } catch (error) {
      say(error instanceof RequestError ? error.message : String(error));
    }
    event.target.value = "";
  });
  remove.addEventListener("click", async () => {
    try {
      await send("DELETE", path);
      showPicture(false);
      box.querySelector("input").focus();
    } catch (error) {
      say(error.message);
    }
  });
}

// Recording

const recordingBox = document.getElementById("recording");
const [recordingBar, stopUpload] = ["progress", "button"].map((name) => recordingBox.querySelector(name));

async function setRecording(chosen) {
  try {
    const answer = await send("POST", `/api/talks/${slug}/recording`, { recording: chosen, was: edits.value("recording") });
    await edits.load();
    recordingBox.querySelector("details").open = false;
    saved.textContent = "Saved";
    showProblems("recording", answer.problems);
  } catch (error) {
    if (error.status === 409) await edits.load();
    const conflict = "The file names another recording now.";
    showProblems("recording", error.body?.problems ?? [{ key: "recording", text: error.status === 409 ? conflict : error.message }]);
  }
}

document.getElementById("f-recording").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (!file) return;
  recordingBar.hidden = stopUpload.hidden = false;
  const sending = uploadRecording(file, (part) => (recordingBar.value = part));
  stopUpload.onclick = sending.stop;
  try {
    const { upload: id } = await sending.done;
    await setRecording({ upload: id });
  } catch (error) {
    showProblems("recording", [{ key: "recording", text: error.message }]);
  }
  recordingBar.hidden = stopUpload.hidden = true;
  event.target.value = "";
});
recordingBox.querySelector("details").addEventListener("toggle", (event) => {
  if (event.target.open) listFolder(event.target.querySelector("div"), ({ path }) => setRecording({ path }));
});

// Undo, and changes from outside

document.getElementById("undo").addEventListener("click", () => edits.undo());
document.getElementById("redo").addEventListener("click", () => edits.redo());
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || isTyping(event)) return;
  event.preventDefault();
  if (event.shiftKey) edits.redo();
  else edits.undo();
});
addEventListener("beforeunload", (event) => {
  if (notes.value !== base || dirty.size) event.preventDefault();
});

async function readOffers() {
  offers = await get(`/api/talks/${slug}/offers`);
  const options = (values) => values.map((value) => make("option", { value }));
  document.getElementById("known-people").replaceChildren(...options(offers.people.filter((one) => !one.hidden).map((one) => one.name)));
  document.getElementById("known-topics").replaceChildren(...options(offers.topics));
  document.getElementById("language-hint").textContent = `Empty: ${offers.language}, the language of the series`;
  for (const box of root.querySelectorAll("[data-picture]")) {
    const exists = offers.pictures[box.dataset.picture];
    box.showPicture(exists);
  }
}

edits.addEventListener("loaded", fill);
onState(async (state) => {
  if (!state.changed.includes(slug) && !state.changed.includes("")) return;
  await readOffers().catch(() => {});
  await edits.load().catch((error) => notify(error.message, "error"));
});

try {
  await readOffers();
  await edits.load();
  showProblems("title", offers.problems);
} catch (error) {
  notify(error.message, "error");
}
