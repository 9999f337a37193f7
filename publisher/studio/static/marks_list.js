// The list of a talk's marks: the accessible twin of the waveform.
import * as marks from "./marks.js";

export const NAMES = { start: "Start", end: "End", cut: "Cut", mute: "Mute", chapter: "Chapter", soundbite: "Soundbite" };
export const NUDGE = 0.01;
const GROUP_TIME = 1500;

/** A time with hundredths, for the list and the clock. */
export const shown = (seconds) => {
  const text = marks.formatTime(Math.floor(seconds * 100 + 1e-6) / 100);
  const [whole, part = ""] = text.split(".");
  return `${whole}.${part.padEnd(2, "0")}`;
};

function button(text, label, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", label);
  made.addEventListener("click", action);
  return made;
}

export class MarksList {
  /**
   * `edits`, `player` and `waveform` are those of the page. `say` shows a sentence, `playAround` plays the join
   * of a row; `onChoose` is called when another row has the focus, `onEmpty` when the last row was removed.
   */
  constructor(table, empty, parts) {
    Object.assign(this, { table, empty, ...parts });
    this.rows = table.tBodies[0];
    this.chosen = null;
    this.listed = "";
    this.nudges = { id: 0 };
  }

  element(row) {
    return this.table.querySelector(`tr[data-key="${row.key}"][data-index="${row.index}"]`);
  }

  focusRow(row) {
    this.element(row)?.querySelector(".edge")?.focus({ preventScroll: true });
  }

  edgeButton(row, edge) {
    const name = `${NAMES[row.kind]}${edge === "to" ? " to" : row.to === null ? " at" : " from"} ${shown(row[edge])}`;
    const made = button(shown(row[edge]), name, () => this.player.seek(row[edge]));
    made.className = "edge";
    made.dataset.edge = edge;
    made.setAttribute("aria-describedby", "edge-help");
    made.addEventListener("keydown", (event) => this.edgeKey(event, row, edge));
    return made;
  }

  edgeKey(event, row, edge) {
    const direction = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (direction && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      event.stopPropagation();
      this.nudge(row, edge, direction * (event.shiftKey ? 10 * NUDGE : NUDGE));
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      this.removeRow(row);
    } else if (event.key === "Escape") event.target.blur();
  }

  nudge(row, edge, by) {
    const edit = marks.moveEdge(this.edits.values, row, edge, row[edge] + by);
    if (!edit) return;
    const time = marks.rounded(row[edge] + by);
    if (performance.now() - this.nudges.at > GROUP_TIME || this.nudges.edge !== `${row.key} ${edge}`) this.nudges.id += 1;
    Object.assign(this.nudges, { at: performance.now(), edge: `${row.key} ${edge}` });
    this.edits.commit(edit, `nudge ${this.nudges.id}`);
    const moved = marks.rows(this.edits.values).find((one) => one.key === row.key && Math.abs(one[edge] - time) < 0.001);
    if (!moved) return;
    this.element(moved)?.querySelector(`[data-edge=${edge}]`)?.focus();
    this.waveform.reveal(time);
    this.say(`${NAMES[row.kind]} ${shown(time)}`);
  }

  removeRow(row) {
    const all = marks.rows(this.edits.values);
    const place = all.findIndex((one) => one.key === row.key && one.index === row.index);
    this.edits.commit(marks.remove(this.edits.values, row));
    this.say(`${NAMES[row.kind]} removed; Ctrl+Z brings it back.`);
    const next = marks.rows(this.edits.values)[Math.min(place, all.length - 2)];
    if (next) this.focusRow(next);
    else this.onEmpty();
  }

  titleField(row) {
    const field = document.createElement("input");
    field.dir = "auto";
    field.value = row.title;
    field.setAttribute("aria-label", `Title of the ${row.kind} at ${shown(row.from)}`);
    field.addEventListener("change", () => {
      const title = field.value.trim();
      if (title || row.kind !== "chapter") this.edits.commit(marks.setTitle(this.edits.values, row, title));
      else field.value = row.title;
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") field.blur();
      if (event.key === "Escape") {
        field.value = row.title;
        field.blur();
      }
    });
    return field;
  }

  rowElement(row) {
    const line = document.createElement("tr");
    Object.assign(line.dataset, { key: row.key, index: row.index });
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = NAMES[row.kind];
    const cells = Array.from({ length: 5 }, () => document.createElement("td"));
    cells[0].append(this.edgeButton(row, "from"));
    if (row.to !== null) cells[1].append(this.edgeButton(row, "to"));
    cells[2].className = "time";
    if (row.title !== null) cells[3].append(this.titleField(row));
    cells[4].className = "actions";
    const name = `${NAMES[row.kind].toLowerCase()} at ${shown(row.from)}`;
    cells[4].append(
      button("Play around", `Play around the ${name}`, () => this.playAround(row)), " ",
      button("×", `Delete the ${name}`, () => this.removeRow(row)),
    );
    line.append(head, ...cells);
    line.addEventListener("focusin", () => this.choose(row));
    return line;
  }

  drawList(rows) {
    const state = JSON.stringify(rows);
    if (state !== this.listed) {
      this.listed = state;
      const focused = this.focusPlace();
      this.rows.replaceChildren(...rows.map((row) => this.rowElement(row)));
      this.restoreFocus(focused);
    }
    rows.forEach((row, number) => {
      const cell = this.rows.rows[number].cells[3];
      const text = this.publishedText(row);
      if (cell.textContent !== text) cell.textContent = text;
    });
    this.table.hidden = rows.length === 0;
    this.empty.hidden = rows.length > 0;
  }

  publishedText(row) {
    if (row.kind === "cut") return "left out";
    if (row.kind !== "end" && !marks.isKept(this.edits.kept, row.from)) return "not published";
    return shown(marks.published(this.edits.kept, row.from));
  }

  focusPlace() {
    const active = document.activeElement;
    const line = active?.closest?.("#marks tr[data-key]");
    if (!line) return null;
    const controls = [...line.querySelectorAll("button, input")];
    return { key: line.dataset.key, index: Number(line.dataset.index), place: controls.indexOf(active), text: active.value };
  }

  restoreFocus(focused) {
    const line = focused && this.element(focused);
    const control = line && [...line.querySelectorAll("button, input")][focused.place];
    if (!control) return;
    if (control.tagName === "INPUT") control.value = focused.text;
    control.focus({ preventScroll: true });
  }

  choose(row) {
    this.chosen = row;
    for (const line of this.rows.rows) {
      line.classList.toggle("current", line.dataset.key === row.key && Number(line.dataset.index) === row.index);
    }
    this.waveform.reveal(row.from);
    this.onChoose();
  }
}
