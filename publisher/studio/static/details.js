// The details of a talk: every field saves itself, with the rules of `publisher check` shown while typing.
import { get } from "./api.js";
import { fillConsent } from "./details_consent.js";
import {
  checkSoon, clone, dirty, edits, make, offers, readOffers, root,
  save, saved, seen, showProblems, slug,
} from "./details_form.js";
import "./details_files.js";
import { lists } from "./details_lists.js";
import { base, fillNotes, notes } from "./details_notes.js";
import { isTyping, notify, onState } from "./studio.js";

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
