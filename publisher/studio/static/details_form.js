// What all fields of a talk's details share: its values, messages below the fields, saving.
import { get } from "./api.js";
import { TalkEdits } from "./edits.js";
import { notify } from "./studio.js";

export const root = document.getElementById("details");
export const slug = root.dataset.slug;
export const edits = new TalkEdits(slug);
export const saved = document.getElementById("saved");
export const seen = {};
export let offers = { people: [], topics: [] };

export const make = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};

export const button = (text, label, action) => {
  const made = make("button", { type: "button", textContent: text });
  if (label !== text) made.setAttribute("aria-label", label);
  made.addEventListener("click", action);
  return made;
};

export const clone = (value) => (value === null || value === undefined ? null : structuredClone(value));

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
export function showProblems(key, problems) {
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
export function checkSoon(key, value) {
  clearTimeout(waiting.get(key));
  waiting.set(
    key,
    setTimeout(async () => {
      const problems = await edits.check(key, value).catch(() => null);
      if (problems) showProblems(key, problems);
    }, 250),
  );
}

export const dirty = new Set();

export async function save(values, shownBefore = {}) {
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

export async function readOffers() {
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
