// Keeps the rehearsal's clock fresh: asks for the page again and puts its upper part in place. Without it a link does the same.
"use strict";
(() => {
  const EVERY_MS = 2000;
  const look = async () => {
    const old = document.getElementById("rehearsal");
    if (!old) return;
    const busy = old.contains(document.activeElement) && document.activeElement.matches("input, select");
    if (old.dataset.running && !busy) {
      try {
        const reply = await fetch("/rehearsal", { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(5000) });
        const page = new DOMParser().parseFromString(await reply.text(), "text/html");
        const fresh = page.getElementById("rehearsal");
        if (!fresh || !fresh.dataset.running) { location.reload(); return; }
        const at = [...old.querySelectorAll("a, button")].indexOf(document.activeElement);
        old.replaceWith(document.adoptNode(fresh));
        if (at >= 0) fresh.querySelectorAll("a, button")[at]?.focus({ preventScroll: true });
      } catch { /* The box is away for a moment; what stands there is as old as it says. */ }
    }
    setTimeout(look, EVERY_MS);
  };
  setTimeout(look, EVERY_MS);
})();
