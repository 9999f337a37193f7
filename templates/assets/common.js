"use strict";
// The beginning of every script of the pages.
(() => {
// Opened from disk, the address of a folder shows a list of its files: there links name the page in it.
if (location.protocol === "file:") for (const link of document.querySelectorAll("a[href]")) {
  if (link.protocol === "file:" && link.pathname.endsWith("/")) link.pathname += "index.html";
}
// The menu closes as other menus do: with Escape, and by a press beside it.
const menu = document.querySelector("details.menu");
if (menu) {
  document.addEventListener("click", event => { if (!menu.contains(event.target)) menu.open = false; });
  menu.addEventListener("keydown", event => { if (event.key === "Escape") { menu.open = false; menu.firstElementChild.focus(); } });
}
})();
