// Keeps an open status page fresh, and says so when it cannot. The page works without this file.
"use strict";
(() => {
  const asOf = document.getElementById("as-of");
  if (!asOf || !("EventSource" in window)) return;
  let seen = null;
  const source = new EventSource("/v1/events");
  source.addEventListener("status", (event) => {
    const { now, copies, ...rest } = JSON.parse(event.data); // Only what a person acts on: ages grow all the time.
    const known = JSON.stringify(rest);
    if (seen !== null && known !== seen) setTimeout(() => location.replace("/" + location.search), 1500);
    seen = known;
    asOf.classList.remove("silent");
  });
  source.onerror = () => {
    asOf.textContent = asOf.dataset.silent;
    asOf.classList.add("silent");
    seen = ""; // Whatever comes next is shown anew.
  };
  setInterval(() => { if (!asOf.classList.contains("silent")) location.replace("/" + location.search); }, 60000);
})();
