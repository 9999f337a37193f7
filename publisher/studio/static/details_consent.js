// The days on which each guest agreed to each place.
import { button, clone, edits, make, offers, save, seen } from "./details_form.js";
import { lists, nameOf, today } from "./details_lists.js";

const PLACES = ["feed", "pages", "youtube"];

export function fillConsent() {
  const rows = document.getElementById("consent-rows");
  if (rows.contains(document.activeElement) && document.activeElement.type === "date") return;
  const consent = edits.value("consent") ?? {};
  const guests = lists.find((list) => list.key === "guests").items.map((item) => item.person ?? item);
  const ids = [...new Set([...guests, ...Object.keys(consent)])];
  document.getElementById("consents").hidden = !ids.length;
  document.getElementById("consent-hint").textContent = offers.requireConsent
    ? "Without a guest’s consent to a place, the talk does not appear there."
    : "This series does not require consents (require_consent); they are only noted.";
  seen.consent = clone(edits.value("consent"));
  rows.replaceChildren(
    ...ids.map((id) => {
      const cells = PLACES.map((place) => {
        const input = make("input", { type: "date", value: consent[id]?.[place] ?? "" });
        input.setAttribute("aria-label", `Consent of ${nameOf(id)}: ${{ feed: "feed and apps", pages: "site", youtube: "YouTube" }[place]}`);
        input.addEventListener("change", () => saveConsent(id, { [place]: input.value }));
        return make("td", {}, input);
      });
      const all = button("All today", `All today: ${nameOf(id)} agreed to every place`, () =>
        saveConsent(id, Object.fromEntries(PLACES.filter((place) => !consent[id]?.[place]).map((place) => [place, today()]))),
      );
      const head = make("th", { scope: "row" }, make("bdi", { textContent: nameOf(id) }));
      return make("tr", {}, head, ...cells, make("td", {}, all));
    }),
  );
}

function saveConsent(id, days) {
  const consent = clone(edits.value("consent")) ?? {};
  const own = { ...consent[id], ...days };
  for (const place of PLACES) if (!own[place]) delete own[place];
  if (Object.keys(own).length) consent[id] = own;
  else delete consent[id];
  return save({ consent: Object.keys(consent).length ? consent : null }, { consent: seen.consent ?? null });
}
