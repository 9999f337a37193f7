// Copy buttons: hidden where a script cannot run, for there they could do nothing.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  const words = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = button.parentElement.querySelector("input");
    try { await navigator.clipboard.writeText(button.dataset.copy); } catch { if (field) field.select(); return; }
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = words; }, 1500);
  });
}
