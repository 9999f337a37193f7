// A review file: plays its sound, collects the guest's marks, makes the answer. Sends nothing, stores nothing.
"use strict";
(() => {
const get = id => document.getElementById(id);
const utf8 = text => new TextEncoder().encode(text);
const subtle = globalThis.crypto && crypto.subtle;
const PAD = 2, SKIP = 15, STEP = 5;

function decode(text) {
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at++) bytes[at] = raw.charCodeAt(at);
  return bytes;
}
function encode(bytes) {
  let raw = "";
  for (const byte of bytes) raw += String.fromCharCode(byte);
  return btoa(raw).replace(/=+$/, "");
}
function take(id) {
  const element = get(id), text = element.textContent;
  element.remove();
  return text;
}

// Spaces and hyphens of a passphrase do not count, and digits of any keyboard are the same.
function normalized(passphrase) {
  const zero = digit => digit < "\u06f0" ? 0x660 : 0x6f0;
  return passphrase.normalize("NFKC").replace(/[\s\p{Pd}]/gu, "")
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, digit => digit.charCodeAt(0) - zero(digit));
}
async function opened(passphrase, lock) {
  const secret = await subtle.importKey("raw", utf8(normalized(passphrase)), "PBKDF2", false, ["deriveKey"]);
  const way = { name: "PBKDF2", hash: "SHA-256", salt: decode(lock.salt), iterations: lock.iterations };
  const key = await subtle.deriveKey(way, secret, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
  return new Uint8Array(await subtle.decrypt({ name: "AES-GCM", iv: decode(lock.iv) }, key, lock.sealed));
}
function waitForPassphrase() {
  const lock = JSON.parse(take("lock-data"));
  lock.sealed = decode(take("sealed"));
  if (!subtle) get("old").hidden = false;
  get("lock").addEventListener("submit", async event => {
    event.preventDefault();
    const button = get("lock").querySelector("button");
    button.disabled = true;
    get("wrong").hidden = true;
    try {
      const bytes = await opened(get("passphrase").value, lock);
      const length = new DataView(bytes.buffer).getUint32(0);
      const content = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
      const root = document.documentElement;
      [root.lang, root.dir, document.title] = [content.lang, content.dir, content.title];
      // Authenticated by the decryption: it is what the publisher wrote.
      get("page").innerHTML = content.body;
      review(content.talk, bytes.subarray(4 + length));
      scrollTo(0, 0);
    } catch {
      get("wrong").hidden = false;
      button.disabled = false;
      get("passphrase").select();
    }
  });
  get("passphrase").focus();
}

function review(talk, bytes) {
  const sound = get("sound"), panel = get("panel"), form = get("form"), words = get("words").dataset;
  const cues = [...document.querySelectorAll(".cue")], marks = [];
  const at = (element, name) => Number(element.dataset[name]);
  let draft = null, stop = Infinity, kept = true;

  const localized = text => text.replace(/[0-9]/g, digit => talk.digits[digit]);
  function clock(seconds) {
    const tenths = Math.round(seconds * 10), whole = Math.floor(tenths / 10), part = tenths % 10;
    const two = number => String(number).padStart(2, "0"), hours = Math.floor(whole / 3600);
    const minutes = Math.floor(whole / 60) % 60;
    const text = hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
    return localized(part ? `${text}.${part}` : text);
  }
  const say = text => { get("status").textContent = text; };
  function changed() { kept = false; get("answer").hidden = true; say(""); }

  // The sound
  sound.src = URL.createObjectURL(new Blob([bytes], { type: talk.type }));
  sound.addEventListener("error", () => { get("silent").hidden = false; });
  function play(from, until = Infinity) {
    stop = until;
    sound.currentTime = Math.max(0, from);
    sound.play().catch(() => {});
  }
  sound.addEventListener("timeupdate", () => {
    if (sound.currentTime >= stop) { stop = Infinity; sound.pause(); }
    const now = sound.currentTime;
    for (const cue of cues) {
      cue.parentElement.classList.toggle("now", at(cue, "start") <= now && now < at(cue, "end"));
    }
  });
  get("back").addEventListener("click", () => { sound.currentTime = Math.max(0, sound.currentTime - SKIP); });
  for (const button of document.querySelectorAll(".seek")) {
    button.addEventListener("click", () => play(at(button, "at")));
  }
  if (talk.expires !== null && Date.now() >= talk.expires) get("expired").hidden = false;

  // Marking
  function show() {
    for (const edge of ["start", "end"]) get(edge).value = clock(draft[edge]);
    get("wrong-end").hidden = draft.end > draft.start;
  }
  function open(first, last = first) {
    const own = first && last ? cues.slice(cues.indexOf(first), cues.indexOf(last) + 1) : [];
    const start = own.length ? at(first, "start") : sound.currentTime;
    const end = own.length ? Math.max(...own.map(cue => at(cue, "end"))) : Math.min(start + STEP, talk.duration);
    draft = { start, end, cues: own, from: document.activeElement };
    form.reset();
    get("quoted").textContent = own.map(cue => cue.textContent).join("\n");
    get("quoted").lang = own.length ? own[0].closest("[lang]").lang : "";
    get("can-correct").hidden = own.length !== 1;
    get("corrected").value = own.length === 1 ? own[0].textContent : "";
    get("corrected-field").hidden = true;
    show();
    panel.show();
    form.elements.kind[0].focus();
  }
  function close() {
    panel.close();
    if (draft && draft.from && draft.from.isConnected) draft.from.focus();
    draft = null;
  }
  function selection() {
    const chosen = getSelection();
    if (!chosen.rangeCount || chosen.isCollapsed) return [];
    const range = chosen.getRangeAt(0);
    return cues.filter(cue => range.intersectsNode(cue));
  }
  let chosen = [];
  document.addEventListener("selectionchange", () => {
    const now = selection();
    // A press on the button ends the selection before the click arrives.
    if (now.length) chosen = now;
    get("selected").hidden = !chosen.length;
  });
  get("selected").addEventListener("click", () => {
    if (chosen.length) open(chosen[0], chosen[chosen.length - 1]);
    getSelection().removeAllRanges();
    chosen = [];
    get("selected").hidden = true;
  });
  get("here").addEventListener("click", () => open(null));
  for (const button of document.querySelectorAll(".line .mark")) {
    button.addEventListener("click", () => open(button.parentElement.querySelector(".cue")));
  }
  for (const button of form.querySelectorAll("[data-edge]")) {
    button.addEventListener("click", () => {
      const { edge, by } = button.dataset;
      const wanted = by ? draft[edge] + Number(by) : sound.currentTime;
      draft[edge] = Math.min(Math.max(0, wanted), talk.duration);
      show();
    });
  }
  get("try").addEventListener("click", () => play(draft.start - PAD, draft.end + PAD));
  form.addEventListener("change", () => { get("corrected-field").hidden = form.elements.kind.value !== "correction"; });
  get("cancel").addEventListener("click", close);
  panel.addEventListener("keydown", event => { if (event.key === "Escape") close(); });
  form.addEventListener("submit", event => {
    event.preventDefault();
    if (draft.end <= draft.start) { show(); return; }
    const kind = form.elements.kind.value, note = get("note").value.trim(), cue = draft.cues[0];
    const mark = { kind, start: draft.start, end: draft.end, note, cues: draft.cues };
    if (kind === "correction") {
      Object.assign(mark, { script: at(cue, "script"), was: cue.textContent, text: get("corrected").value.trim() });
      if (!mark.text || mark.text === mark.was) { get("corrected").focus(); return; }
    }
    if (kind === "comment" && !note) { get("note").focus(); return; }
    marks.push(mark);
    marks.sort((one, other) => one.start - other.start);
    close();
    changed();
    list();
    say(words.added);
  });

  // The answer
  function list() {
    get("none").hidden = marks.length > 0;
    for (const cue of cues) cue.parentElement.classList.remove("taken");
    get("marks").replaceChildren(...marks.map(entry));
  }
  function entry(mark) {
    const item = document.createElement("li"), time = document.createElement("b"), button = document.createElement("button");
    time.className = "t";
    time.dir = "ltr";
    time.textContent = `${clock(mark.start)}–${clock(mark.end)}`;
    item.append(time, ` ${words[mark.kind]}`);
    for (const text of [mark.text || mark.cues.map(cue => cue.textContent).join(" "), mark.note]) {
      if (!text) continue;
      const line = document.createElement("p");
      line.dir = "auto";
      line.textContent = text;
      item.append(line);
    }
    if (mark.kind === "cut" || mark.kind === "mute") for (const cue of mark.cues) cue.parentElement.classList.add("taken");
    button.type = "button";
    button.textContent = words.remove;
    button.addEventListener("click", () => {
      marks.splice(marks.indexOf(mark), 1);
      changed();
      list();
      get("make").focus();
    });
    item.append(button);
    return item;
  }
  const round = seconds => Math.round(seconds * 1000) / 1000;
  function answer() {
    const consent = {};
    for (const input of document.querySelectorAll("#consent input:checked")) {
      if (input.value) consent[input.name] = input.value === "yes";
    }
    const passages = [], corrections = [], comments = [];
    for (const { kind, start, end, note, script, was, text } of marks) {
      if (kind === "correction") corrections.push({ script, at: round(start), was, text, note });
      else if (kind === "comment") comments.push({ at: round(start), text: note });
      else passages.push({ kind, start: round(start), end: round(end), note });
    }
    const remark = get("remark").value.trim();
    return { version: 1, made: Math.floor(Date.now() / 1000), passages, corrections, comments, consent, remark };
  }
  async function packed() {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const key = await subtle.importKey("raw", decode(talk.key), "AES-GCM", false, ["encrypt"]);
    const way = { name: "AES-GCM", iv, additionalData: utf8(`publisher review 1 ${talk.id}`) };
    const sealed = new Uint8Array(await subtle.encrypt(way, key, utf8(JSON.stringify(answer()))));
    const whole = new Uint8Array(iv.length + sealed.length);
    whole.set(iv);
    whole.set(sealed, iv.length);
    const text = `pr1:${talk.id}:${encode(whole)}`;
    const sum = new Uint8Array(await subtle.digest("SHA-256", utf8(text)));
    return `${text}:${[...sum.subarray(0, 4)].map(byte => byte.toString(16).padStart(2, "0")).join("")}`;
  }
  for (const input of document.querySelectorAll("#consent input, #remark")) {
    input.addEventListener("input", changed);
  }
  get("make").addEventListener("click", async () => {
    if (!subtle) { get("old").hidden = false; return; }
    const text = await packed(), save = get("save");
    get("text").value = text;
    URL.revokeObjectURL(save.href);
    save.href = URL.createObjectURL(new Blob([text + "\n"], { type: "text/plain" }));
    save.download = `answer-${talk.id.slice(0, 6)}.txt`;
    get("answer").hidden = false;
    say(words.ready);
    get("text").focus();
    get("text").select();
  });
  function taken() { kept = true; }
  get("text").addEventListener("copy", taken);
  get("save").addEventListener("click", taken);
  get("copy").addEventListener("click", async () => {
    get("text").select();
    try { await navigator.clipboard.writeText(get("text").value); } catch { document.execCommand("copy"); }
    taken();
    say(words.copied);
  });
  addEventListener("beforeunload", event => { if (!kept) event.preventDefault(); });
}

if (get("lock")) waitForPassphrase();
else review(JSON.parse(take("talk")), decode(take("sound-data")));
})();
