// The dialog with the texts and the photo of a person, with the rules of `publisher check` while typing.
import { get, send, upload } from "./api.js";
import { decide } from "./edits.js";

const KEYS = ["name", "title", "bio", "link"];
const dialog = document.getElementById("person");
const form = document.getElementById("person-form");
const field = (key) => document.getElementById(`person-${key}`);
const image = document.getElementById("person-image");
const remove = document.getElementById("person-remove");
let path = "";
let before = {};
let saved = () => {};
const timers = new Map();

/** Opens the dialog for a person, by id; `then` is called after each change. */
export async function editPerson(id, then) {
  path = `/api/people/${encodeURIComponent(id)}`;
  saved = then;
  const { values, photo } = await get(path);
  before = values;
  for (const key of KEYS) {
    field(key).value = values[key] ?? "";
    show(key, []);
  }
  show("photo", []);
  showPhoto(photo);
  document.getElementById("person-id").textContent = id;
  dialog.showModal();
}

const read = (key) => field(key).value.trim() || null;

function show(key, problems) {
  const place = form.querySelector(`[data-person-problem=${key}]`);
  place.textContent = problems.map((problem) => problem.text ?? problem).join("\n");
  place.hidden = !problems.length;
  field(key)?.setAttribute("aria-invalid", String(problems.length > 0));
}

function showPhoto(exists) {
  image.hidden = remove.hidden = !exists;
  if (exists) image.src = `${path}/picture?now=${Date.now()}`;
  else image.src = "/static/icon.svg";
}

for (const key of KEYS) {
  field(key).addEventListener("input", () => {
    clearTimeout(timers.get(key));
    timers.set(key, setTimeout(async () => {
      const answer = await send("POST", `${path}/check`, { key, value: read(key) }).catch(() => null);
      if (answer) show(key, answer.problems);
    }, 250));
  });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const changes = KEYS.map((key) => ({ key, was: before[key] ?? null, value: read(key) }))
    .filter((change) => change.was !== change.value);
  if (!changes.length || (await save(changes))) dialog.close();
});

async function save(changes) {
  try {
    await send("POST", `${path}/edits`, { changes });
    saved();
    return true;
  } catch (error) {
    if (error.status === 409 && error.body.conflicts) return resolve(changes, error.body.conflicts);
    showRefusal(error);
    return false;
  }
}

async function resolve(changes, conflicts) {
  const theirs = Object.fromEntries(conflicts.map((one) => [one.key, one.theirs]));
  if (await decide(conflicts)) return save(changes.map((one) => (one.key in theirs ? { ...one, was: theirs[one.key] } : one)));
  const rest = changes.filter((one) => !(one.key in theirs));
  return rest.length ? save(rest) : true;
}

function showRefusal(error) {
  const problems = error.body?.problems ?? [{ key: "name", text: error.message }];
  const isOf = (problem, key) => problem.key.endsWith(`: ${key}`) || problem.key === key;
  for (const key of KEYS) show(key, problems.filter((one) => isOf(one, key)));
  const others = problems.filter((one) => !KEYS.some((key) => isOf(one, key)));
  if (others.length) show("name", others);
  form.querySelector("[aria-invalid=true]")?.focus();
}

async function change(act, exists) {
  try {
    await act();
    show("photo", []);
    showPhoto(exists);
    saved();
  } catch (error) {
    show("photo", [error.message]);
  }
}

document.getElementById("person-photo").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (file) await change(() => upload(`${path}/picture`, file, () => {}).done, true);
  event.target.value = "";
});
remove.addEventListener("click", () => change(() => send("DELETE", `${path}/picture`), false));
document.getElementById("person-cancel").addEventListener("click", () => dialog.close());
