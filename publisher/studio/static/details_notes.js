// The notes of a talk, and how its page shows them.
import { send, token } from "./api.js";
import { edits, saved, showProblems, slug } from "./details_form.js";
import { decide } from "./edits.js";

export const notes = document.getElementById("f-notes");
const preview = document.getElementById("notes-preview");
export let base = "";
let notesTimer = 0;
let previewTimer = 0;
let shownText = null;
let savingNotes = Promise.resolve();

export function fillNotes() {
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
