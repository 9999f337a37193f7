// Search over the static index. Nothing is asked for before the field is used. Words are folded
// here as publisher/outputs/pages/search.py folds them.
(() => {
const form = document.querySelector("#search"), field = form.querySelector("input"), status = form.querySelector("[role=status]"), list = form.querySelector("ol");
const words = form.dataset, root = words.root, base = root + "search/";
const SHOWN = 20, LINES = 6;
const LETTERS = {"ي": "ی", "ى": "ی", "ې": "ی", "ئ": "ی", "ك": "ک", "ة": "ه", "ہ": "ه", "ۀ": "ه", "ھ": "ه", "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ؤ": "و", "\u200c": "", "\u200d": "", "\u0640": "", "'": "", "’": ""};
const fold = text => [...text].map(c => c in LETTERS ? LETTERS[c] : c).join("").toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
const split = text => (fold(text).match(/[\p{L}\p{N}]+/gu) || []).filter(word => word.length > 1).map(word => [...word].slice(0, 32).join(""));
const partOf = (word, parts) => { const [a, b] = [...word]; return (a.codePointAt(0) * 31 + b.codePointAt(0)) % parts; };
const said = text => String(text).replace(/\d/g, n => words.digits[n]);
const clock = s => { const h = Math.floor(s / 3600), m = Math.floor(s % 3600 / 60), two = n => String(n).padStart(2, "0"); return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`; };
const fill = (text, ...values) => values.reduce((t, v) => t.replace("{}", () => v), text);

const asked = new Map();
const get = (path, read) => {
  if (!asked.has(path)) asked.set(path, fetch(path).then(answer => { if (!answer.ok) throw new Error(answer.status); return answer[read](); }).catch(error => { asked.delete(path); throw error; }));
  return asked.get(path);
};

// One group's talks that have every word (the last one may be unfinished): [weight, talk, where, second]
async function inGroup(group, parts, sought) {
  let hits = null;
  for (const [n, word] of sought.entries()) {
    const index = await get(`${base}${group}/${partOf(word, parts)}.json`, "json");
    const now = new Map();
    for (const [known, places] of Object.entries(index)) {
      if (known !== word && !(n === sought.length - 1 && known.startsWith(word))) continue;
      for (const [talk, where, second] of places) {
        const before = now.get(talk) || [0, -1];
        now.set(talk, [before[0] | where, before[1] >= 0 ? before[1] : second]);
      }
    }
    if (hits) for (const [talk, [where, second]] of now) {
      const before = hits.get(talk);
      if (before) now.set(talk, [where & before[0] || where, before[0] & 8 && before[1] >= 0 ? before[1] : second]); else now.delete(talk);
    }
    hits = now;
    if (!hits.size) return [];
  }
  const talks = await get(`${base}${group}/talks.json`, "json");
  return [...hits].map(([talk, [where, second]]) => ({order: group * 1e4 + talk, weight: where & 1 ? 3 : where & 2 ? 2 : where & 4 ? 1 : 0, talk: talks[talk], where, second}));
}

// The line in which it is, taken from the talk's own page
async function lineOf(hit, sought) {
  const page = new DOMParser().parseFromString(await get(`${root}episodes/${hit.talk[0]}/`, "text"), "text/html");
  const has = text => { const plain = fold(text); return sought.every(word => plain.includes(word)); };
  const any = text => { const plain = fold(text); return sought.some(word => plain.includes(word)); };
  const lines = [...page.querySelectorAll(hit.where & 8 && !(hit.where & 4) ? ".cue" : ".lead,.notes p,.notes li,.cue")];
  return lines.find(line => has(line.textContent)) || lines.find(line => any(line.textContent)) || null;
}
function marked(text, sought) {
  const piece = document.createDocumentFragment();
  let at = 0;
  for (const found of text.matchAll(/[\p{L}\p{M}\p{N}\u200c]+/gu)) {
    if (!sought.some(word => fold(found[0]).startsWith(word))) continue;
    piece.append(text.slice(at, found.index));
    const mark = document.createElement("mark");
    mark.textContent = found[0];
    piece.append(mark);
    at = found.index + found[0].length;
  }
  piece.append(text.slice(at));
  return piece;
}
const make = (tag, properties, ...inside) => { const made = Object.assign(document.createElement(tag), properties); made.append(...inside); return made; };

function shown(hit, sought, withLine, current) {
  const [slug, title, lang, dir, day] = hit.talk, address = `${root}episodes/${slug}/`;
  const where = make("p", {className: "where"}, make("span", {textContent: day}));
  [[1, words.title], [2, words.people], [4, words.notes]].forEach(([bit, name]) => { if (hit.where & bit) where.append(" · ", name); });
  if (hit.where & 8 && hit.second >= 0) where.append(" · ", make("a", {href: `${address}#t=${clock(hit.second)}`, textContent: fill(words.transcript, said(clock(hit.second)))}));
  const item = make("li", {}, make("h2", {lang, dir}, make("a", {href: address, textContent: title})), where);
  if (withLine && hit.where & 12) lineOf(hit, sought).then(line => {
    if (!line || !current()) return;
    const speaks = line.closest("[lang]");
    const text = line.textContent.replace(/\s+/g, " ").trim();
    const at = Math.max(0, fold(text).indexOf(sought.find(word => fold(text).includes(word)) || "") - 80);
    const from = at ? text.indexOf(" ", at) + 1 : 0;
    const cut = text.slice(from, from + 220);
    item.append(make("p", {className: "read", lang: speaks.lang, dir: line.closest("[dir]").dir}, from ? "… " : "", marked(cut, sought), from + 220 < text.length ? " …" : ""));
    const second = line.matches(".cue") && line.hash;
    const link = where.querySelector("a");
    if (second && link) { link.href = address + second; link.textContent = fill(words.transcript, said(second.slice(3))); }
  }).catch(() => { /* the line is a comfort; the result stands without it */ });
  return item;
}

let turn = 0;
async function look() {
  const mine = ++turn, text = field.value.trim(), sought = [...new Set(split(text))];
  history.replaceState(null, "", text ? "?q=" + encodeURIComponent(text) : location.pathname);
  if (!sought.length) { list.replaceChildren(); status.textContent = ""; return; }
  status.textContent = words.searching;
  try {
    const groups = await get(base + "groups.json", "json");
    const hits = (await Promise.all(groups.map((parts, group) => inGroup(group, parts, sought)))).flat();
    if (mine !== turn) return;
    hits.sort((a, b) => b.weight - a.weight || b.order - a.order);
    status.textContent = hits.length ? fill(words.found, `\u2068${text}\u2069`, said(hits.length)) : fill(words.none, `\u2068${text}\u2069`);
    list.replaceChildren(...hits.slice(0, SHOWN).map((hit, n) => shown(hit, sought, n < LINES, () => mine === turn)));
  } catch {
    if (mine === turn) { status.textContent = words.failed; list.replaceChildren(); }
  }
}
// A browser reads no file for a page that was opened from disk.
if (location.protocol === "file:") { document.querySelector(".disk").hidden = false; return; }
let soon;
form.hidden = false;
field.addEventListener("focus", () => get(base + "groups.json", "json").catch(() => {}), {once: true});
field.addEventListener("input", () => { clearTimeout(soon); soon = setTimeout(look, 200); });
form.addEventListener("submit", event => { event.preventDefault(); clearTimeout(soon); look(); });
field.value = new URLSearchParams(location.search).get("q") || "";
if (field.value) look();
})();
