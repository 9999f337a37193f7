// The dialogs of the words: speaker, times, find and replace.
import { send } from "./api.js";
import { formatTime, parseTime, rounded } from "./marks.js";
import { notify } from "./studio.js";
import { ask, edit, named, sending } from "./words_edits.js";
import { $, choose, cues, element, language, path, rows, say } from "./words_list.js";

export async function chooseSpeaker(position) {
  const cue = cues[position];
  if (!cue) return;
  const names = [...new Set(cues.map((one) => one.speaker).filter(Boolean))];
  $("speaker-list").replaceChildren(...[...names, ""].map((name) => {
    const label = element("label", "inline");
    const radio = document.createElement("input");
    Object.assign(radio, { type: "radio", name: "speaker", value: name, checked: name === (cue.speaker ?? "") });
    const text = element("span", "", name || "unknown");
    text.dir = "auto";
    label.append(radio, text);
    return label;
  }));
  $("speaker-new").value = "";
  $("speaker-all").textContent = `All of ${cue.speaker ?? "those without a name"}`;
  const answer = await ask($("speaker-dialog"));
  if (answer !== "cue" && answer !== "all") return rows[position]?.querySelector(".text").focus();
  const name = $("speaker-new").value.trim() || document.querySelector("[name=speaker]:checked")?.value || null;
  const op = answer === "all" ? "speaker-everywhere" : "speaker";
  await edit("speaker", [{ op, ...named(position), speaker: name }]);
  choose(position, true);
}

export async function setTimes(position) {
  const cue = cues[position];
  if (!cue) return;
  $("cue-start").value = formatTime(cue.start);
  $("cue-end").value = formatTime(cue.end);
  if ((await ask($("times-dialog"))) !== "save") return;
  const [start, end] = [parseTime($("cue-start").value), parseTime($("cue-end").value)];
  if (start === null || end === null) return notify("Times look like 1:02:03.5", "error");
  await edit("times", [{ op: "times", ...named(position), start, end }]);
}

for (const field of ["cue-start", "cue-end", "words-from", "words-to"]) {
  $(field).addEventListener("keydown", (event) => {
    const time = parseTime(event.target.value);
    if (time === null || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    const step = (event.shiftKey ? 0.1 : 0.01) * (event.key === "ArrowUp" ? 1 : -1);
    event.target.value = formatTime(rounded(time + step));
    event.target.dispatchEvent(new Event("input"));
  });
}

export function find() {
  const selected = String(getSelection()).trim();
  if (selected && !selected.includes("\n") && selected.length < 100) $("find-text").value = selected;
  $("find-hits").replaceChildren();
  $("find-status").textContent = "";
  $("find-all-label").hidden = true;
  $("find-replace").disabled = true;
  $("find-text").dir = $("find-with").dir = "auto";
  $("find-dialog").showModal();
  $("find-text").select();
}

let hits = [];

$("find-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  await sending;
  const body = { find: $("find-text").value, words: $("find-words").checked, case: $("find-case").checked };
  try {
    hits = (await send("POST", `${path()}/replace-preview`, body)).hits;
  } catch (error) {
    $("find-status").textContent = error.message;
    return;
  }
  $("find-hits").replaceChildren(...hits.slice(0, 2000).map(hitRow));
  $("find-status").textContent = hits.length === 1 ? "1 place" : `${hits.length} places`;
  $("find-all-label").hidden = hits.length < 2;
  $("find-all").checked = true;
  countHits();
});

function hitRow(hit) {
  const row = element("li", "");
  const label = document.createElement("label");
  const box = document.createElement("input");
  Object.assign(box, { type: "checkbox", checked: true });
  const time = element("span", "time", formatTime(Math.floor(hit.time)));
  const text = element("span", "");
  text.dir = "auto";
  text.lang = language();
  text.append(hit.before, element("del", "", hit.found), " ", element("ins", "", $("find-with").value), hit.after);
  label.append(box, time, text);
  row.append(label);
  return row;
}

const boxes = () => [...$("find-hits").querySelectorAll("input")];

function countHits() {
  const count = boxes().filter((box) => box.checked).length;
  $("find-replace").disabled = !count;
  $("find-replace").textContent = count === 1 ? "Replace 1 place" : `Replace ${count} places`;
}

$("find-hits").addEventListener("change", countHits);

$("find-with").addEventListener("input", () => {
  for (const made of $("find-hits").querySelectorAll("ins")) made.textContent = $("find-with").value;
});

$("find-all").addEventListener("change", () => {
  for (const box of boxes()) box.checked = $("find-all").checked;
  countHits();
});

$("find-replace").addEventListener("click", async () => {
  const chosenHits = hits.filter((_, position) => boxes()[position]?.checked)
    .map(({ id, index, start, end }) => ({ id, index, start, end }));
  const answer = await edit("replacement", [{ op: "replace", with: $("find-with").value, hits: chosenHits }]);
  if (!answer) return;
  $("find-dialog").close();
  say(chosenHits.length === 1 ? "1 place replaced." : `${chosenHits.length} places replaced.`);
});

for (const button of document.querySelectorAll("dialog [data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}
