// Guest review: makes review files, lists them, and shows an answer as proposals to accept one by one.
import { get, send } from "./api.js";
import { notify } from "./studio.js";

const root = document.getElementById("review");
const { talk, sound } = root.dataset;
const own = `/api/talks/${talk}/reviews`;
const byId = (id) => document.getElementById(id);
const make = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};

// Files

async function showFiles() {
  const { reviews } = await get(own);
  byId("no-files").hidden = reviews.length > 0;
  byId("files").hidden = reviews.length === 0;
  byId("files").tBodies[0].replaceChildren(...reviews.map(fileRow));
}

function fileRow(review) {
  const cell = (...children) => make("td", {}, ...children);
  const acts = make("span", { className: "row" });
  if (review.file) acts.append(make("a", { href: `${own}/${review.id}/file`, textContent: "Download", download: "" }));
  if (review.state !== "revoked") {
    const button = make("button", { type: "button", textContent: "Refuse answers" });
    button.setAttribute("aria-label", `Refuse answers to the file for ${review.guest} of ${review.made.slice(0, 10)}`);
    button.addEventListener("click", () => attempt(async () => {
      await send("POST", `${own}/${review.id}/revoke`);
      await showFiles();
      notify("Answers to this file are refused from now on. Copies of it can still be opened.");
    }));
    acts.append(button);
  }
  const state = make("span", { className: "chip", textContent: review.state });
  return make("tr", {}, make("th", { scope: "row", textContent: review.guest }), cell(review.made.slice(0, 10)),
    cell(review.expires ?? "no limit"), cell(state, review.encrypted ? " encrypted" : " not encrypted"), cell(acts));
}

async function attempt(act) {
  try {
    await act();
  } catch (error) {
    notify(error.message, "error");
  }
}

const form = byId("make");
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const [guest, language, audio, expires] = ["guest", "language", "audio", "expires"].map((id) => byId(id).value);
  const button = byId("start-make");
  button.disabled = true;
  byId("making").textContent = "The file is being made …";
  attempt(async () => {
    const { id } = await send("POST", own, { guest, language, audio, expires, passphrase: byId("passphrase").checked });
    let found = { state: "running" };
    while (found.state === "running") {
      await new Promise((done) => setTimeout(done, 700));
      found = await send("POST", `${own}/made/${id}`);
    }
    showMade(found);
    await showFiles();
  }).finally(() => {
    button.disabled = false;
    byId("making").textContent = "";
  });
});

function showMade(found) {
  byId("made").hidden = false;
  byId("made-text").textContent = `The file for ${found.guest} is made (${(found.size / 1e6).toFixed(1)} MB).`;
  byId("made-secret").hidden = byId("made-copy").hidden = !found.passphrase;
  byId("made-passphrase").textContent = found.passphrase ?? "";
  byId("made-file").href = `${own}/${found.id}/file`;
  byId("made-hint").textContent = found.passphrase
    ? "Tell the passphrase over another channel than the file. It is kept nowhere."
    : "Everybody who gets this file can hear the talk.";
  byId("made").focus();
}
byId("made-copy").addEventListener("click", () => attempt(async () => {
  await navigator.clipboard.writeText(byId("made-passphrase").textContent);
  notify("Copied");
}));

// Answers

let text = "";
byId("answer-file").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (!file) return;
  if (file.size > 524288) return showError("This is larger than 512 kB, so it is no answer to a review.");
  byId("answer-text").value = await file.text();
});
byId("answer").addEventListener("submit", async (event) => {
  event.preventDefault();
  text = byId("answer-text").value;
  try {
    showAnswer(await send("POST", "/api/review-answers", { text }));
    byId("proposals").focus();
    showFiles();
  } catch (error) {
    showError(error.message);
  }
});

function showError(message) {
  byId("answer-error").textContent = message;
  byId("answer-error").hidden = !message;
  if (message) byId("proposals").hidden = true;
}

function showAnswer(answer) {
  showError("");
  byId("proposals").hidden = false;
  byId("proposals-title").textContent = `Answer of ${answer.guest}` + (answer.talk === talk ? "" : ` to the talk ${answer.talk}`);
  byId("proposal-list").replaceChildren(...answer.proposals.map((one) => proposal(one, answer.talk)));
  if (!answer.proposals.length) byId("proposal-list").append(make("li", { textContent: "No proposals." }));
  byId("comments-title").hidden = byId("comment-list").hidden = !answer.comments.length;
  byId("comment-list").replaceChildren(...answer.comments.map((one) => {
    const words = make("span", { textContent: one.text, dir: "auto", className: "message" });
    return make("li", {}, ...(one.at === null ? [] : [hear(one.at, one.time, answer.talk), " "]), words);
  }));
}

/** A link that plays the talk at a time of the recording; the time alone until there is a screen for it. */
function hear(seconds, name, slug) {
  if (!sound) return make("span", { className: "time", textContent: name });
  return make("a", { href: `/talks/${slug}/sound#t=${seconds}`, target: "_blank", className: "time", textContent: `Hear ${name}` });
}

function proposal(one, slug) {
  const line = make("li", { className: "result" });
  line.dataset.number = one.number;
  line.append(make("p", { textContent: one.text, dir: "auto" }));
  if (one.note) line.append(make("p", { className: "muted message", textContent: one.note, dir: "auto" }));
  if (one.consequence) line.append(make("p", { className: "problem", textContent: one.consequence }));
  const acts = make("p", { className: "row" });
  if (one.done) acts.append(make("span", { className: "chip", textContent: one.kind === "refusal" ? "no consent recorded" : "done" }));
  else {
    const button = make("button", { type: "button", textContent: "Accept" });
    button.setAttribute("aria-label", `Accept: ${one.text}`);
    button.addEventListener("click", () => accept(one, button));
    acts.append(button);
  }
  if (one.start !== null && sound) acts.append(hear(one.start, "it", slug));
  if (one.command) acts.append(make("a", { className: "button", href: `/talks/${slug}/withdraw`, textContent: "Withdraw …" }));
  line.append(acts);
  return line;
}

async function accept(one, button) {
  button.disabled = true;
  try {
    const answer = await send("POST", "/api/review-answers/accept", { text, number: one.number, kind: one.kind });
    showAnswer(answer);
    notify(answer.result);
    const next = byId("proposal-list").querySelector("button");
    (next ?? byId("proposals")).focus();
  } catch (error) {
    notify(error.message, "error");
    button.disabled = false;
  }
}

attempt(showFiles);
