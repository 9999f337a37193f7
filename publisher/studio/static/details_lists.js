// The lists of a talk's details: people, topics, links, corrections.
import { get, send } from "./api.js";
import { fillConsent } from "./details_consent.js";
import {
  button, checkSoon, clone, dirty, edits, make, offers, readOffers,
  root, save, seen, showProblems,
} from "./details_form.js";
import { editPerson } from "./person_dialog.js";
import { notify } from "./studio.js";

export const lists = [];

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

export const nameOf = (id) => offers.people.find((person) => person.id === id)?.name ?? id;

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

export const today = () => {
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
