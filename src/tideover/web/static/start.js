// Opens the first pages with the code that stands behind the # of the address: that part never leaves the browser in a request line.
"use strict";
(() => {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  const field = document.getElementById("code");
  if (!code || !field) return;
  history.replaceState(null, "", location.pathname); // Neither a reload nor the history holds it.
  field.value = code;
  document.getElementById("door").submit();
})();
