// Exchanges the secret of the address for a session. The part after # is never sent to a server or to other sites.
const status = document.getElementById("status");
const secret = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

async function open() {
  if (secret) {
    const answer = await fetch("/session", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ secret }),
    });
    if (answer.ok) return location.replace("/");
  } else {
    // A link of another site leads here without the cookie; a request of this page has it.
    const answer = await fetch("/api/state");
    if (answer.ok) return location.replace("/");
  }
  status.textContent = "This page is closed. Open it with the address that `publisher studio` shows in its terminal.";
}

open().catch(() => {
  status.textContent = "The studio does not answer. Start it again with `publisher studio`.";
});
