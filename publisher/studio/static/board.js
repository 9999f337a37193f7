// The board: search, filter, order and page without a reload; the address always shows the current view.
import { isTyping, onState } from "./studio.js";

const board = document.getElementById("board");
const filters = document.getElementById("filters");
const search = document.getElementById("search");
let asked = 0;
let version = null;

/** The address of the view that the fields show; order and page are those of the current address. */
function fieldsAddress() {
  const values = new URLSearchParams(location.search);
  for (const field of filters.elements) {
    if (field.name && field.value) values.set(field.name, field.value);
    else if (field.name) values.delete(field.name);
  }
  values.delete("page");
  const text = values.toString();
  return text ? `/?${text}` : "/";
}

function fillFields() {
  const values = new URLSearchParams(location.search);
  for (const field of filters.elements) if (field.name) field.value = values.get(field.name) ?? "";
}

/** Replaces the table; an answer that arrives after a newer one is dropped. */
async function load() {
  const number = ++asked;
  const answer = await fetch(`/board${location.search}`, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok || number !== asked) return;
  const text = await answer.text();
  if (number !== asked) return;
  const focused = board.contains(document.activeElement) ? focusKey(document.activeElement) : null;
  const scrolled = board.querySelector(".scroll")?.scrollLeft ?? 0;
  const parsed = new DOMParser().parseFromString(text, "text/html");
  board.replaceChildren(...parsed.body.childNodes);
  fillStates();
  const scroll = board.querySelector(".scroll");
  if (scroll) scroll.scrollLeft = scrolled;
  if (focused) board.querySelector(focused)?.focus({ preventScroll: true });
}

/** The states that talks have now, with their numbers. */
function fillStates() {
  const select = document.getElementById("state");
  const states = Object.entries(JSON.parse(document.getElementById("found").dataset.states));
  const options = states.map(([key, [word, count]]) => new Option(`${word} (${count})`, key));
  const texts = (found) => [...found].map((option) => option.text).join();
  if (texts(options) === texts([...select.options].slice(1))) return;
  const chosen = select.value;
  select.replaceChildren(select.options[0], ...options);
  select.value = chosen;
}

function focusKey(element) {
  if (element.dataset.sort) return `[data-sort="${element.dataset.sort}"]`;
  const link = element.getAttribute("href");
  return link ? `a[href="${CSS.escape(link)}"]` : element.classList.contains("scroll") ? ".scroll" : null;
}

function show(address, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", address);
  return load();
}

search.addEventListener("input", () => show(fieldsAddress(), { replace: true }));
filters.addEventListener("change", (event) => event.target !== search && show(fieldsAddress()));
filters.addEventListener("submit", (event) => event.preventDefault());
addEventListener("popstate", () => {
  fillFields();
  load();
});
// A browser that restores the page may have kept other values in the fields.
addEventListener("pageshow", fillFields);

board.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  const address = new URL(link.href);
  if (address.pathname !== "/") return;
  event.preventDefault();
  const isPage = link.closest(".pages");
  show(address.pathname + address.search).then(() => {
    fillFields();
    if (isPage) {
      document.getElementById("main").scrollIntoView();
      rows()[0]?.focus({ preventScroll: true });
    }
  });
});

const rows = () => [...board.querySelectorAll("tbody th a")];

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
  if (document.querySelector("dialog[open]")) return;
  const links = rows();
  const at = links.indexOf(document.activeElement);
  const inSearch = document.activeElement === search;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && (at >= 0 || inSearch)) {
    event.preventDefault();
    if (at + step < 0) search.focus();
    else links[at + step]?.focus();
  } else if (event.key === "Escape" && inSearch && search.value) {
    event.preventDefault();
    search.value = "";
    show(fieldsAddress(), { replace: true });
  } else if (event.key === "/" && !isTyping(event)) {
    event.preventDefault();
    search.select();
    search.focus();
  }
});

onState((state) => {
  if (version !== null && state.version !== version) load();
  version = state.version;
});
