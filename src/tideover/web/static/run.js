// A run that stays open on a screen: a clock that runs, and a word when somebody else has gone on. Works without this file.
"use strict";
(() => {
  const run = document.querySelector(".run[data-run]");
  if (!run) return;
  const arrived = performance.now();
  const serverNow = () => Number(run.dataset.now) + performance.now() - arrived; // The box's clock, not this device's.

  const clock = document.getElementById("clock");
  if (clock) {
    const ticking = clock.querySelector(".ticking");
    const told = (ms) => `${Math.floor(ms / 60000)}:${String(Math.floor((ms % 60000) / 1000)).padStart(2, "0")}`;
    const tick = () => {
      const left = Number(clock.dataset.since) + Number(clock.dataset.minutes) * 60000 - serverNow();
      clock.classList.toggle("over-time", left < 0);
      ticking.textContent = (left < 0 ? clock.dataset.over : clock.dataset.left).replace("{time}", told(Math.abs(left)));
    };
    tick();
    setInterval(tick, 1000);
  }

  // A finger that rests on Enter, or taps twice, ticks one step and not the next.
  let isSent = false;
  document.addEventListener("submit", (event) => {
    if (isSent || performance.now() - arrived < 300) { event.preventDefault(); return; }
    isSent = true;
    setTimeout(() => { isSent = false; }, 4000); // The box did not answer: let it be tried again.
  });
  document.addEventListener("keydown", (event) => { if (event.repeat && event.key === "Enter") event.preventDefault(); });

  if (!("EventSource" in window)) return;
  const moved = document.getElementById("moved");
  const isTyping = () => [...run.querySelectorAll("input:not([type=hidden])")].some((one) => one.value !== one.defaultValue) || run.querySelector("details[open]") !== null;
  let asked = false, again = false;
  const look = async () => {
    again = asked; // What happens while the answer is on its way may not be in it.
    if (asked || isSent) return;
    asked = true;
    try {
      const answer = await fetch(`/v1/runs/${run.dataset.run}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const now = await answer.json();
      if (now.said === Number(run.dataset.said) && now.ended === null) return;
      if (isTyping() || isSent) moved.hidden = false; else location.replace(`/run/${run.dataset.run}`);
    } catch { /* The box is away for a moment; the next event asks again. */ } finally {
      asked = false;
      if (again) look();
    }
  };
  new EventSource("/v1/events").addEventListener("status", look);
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
})();
