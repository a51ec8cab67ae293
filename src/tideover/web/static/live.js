// Keeps an open status page fresh, and says so when it cannot. The page works without this file.
"use strict";
(() => {
  const asOf = document.getElementById("as-of");
  if (!asOf || !("EventSource" in window)) return;
  let seen = null;
  // Nobody loses what they are typing or reading; the page is shown anew at the next chance.
  const isInUse = () => document.activeElement?.matches("input") || document.querySelector("details[open]") !== null;
  const showAnew = () => { if (!isInUse()) location.replace("/" + location.search); };
  const source = new EventSource("/v1/events");
  source.addEventListener("status", (event) => {
    const { now, copies, ...rest } = JSON.parse(event.data); // Only what a person acts on: ages grow all the time.
    const known = JSON.stringify(rest);
    if (seen !== null && known !== seen) setTimeout(showAnew, 1500);
    seen = known;
    asOf.classList.remove("silent");
  });
  source.onerror = () => {
    asOf.textContent = asOf.dataset.silent;
    asOf.classList.add("silent");
    seen = ""; // Whatever comes next is shown anew.
  };
  setInterval(() => { if (!asOf.classList.contains("silent")) showAnew(); }, 60000);
})();
