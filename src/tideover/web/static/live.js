// Keeps an open wall fresh, and says so when it cannot. The page works without this file: then the style alone lets it grow grey.
"use strict";
(() => {
  const now = document.getElementById("now");
  if (!now) return;
  const OLD_S = 15; // No sign of life for so long: nothing here may be believed any more. The box beats every 5 s.
  const LOOK_MS = 20_000; // So often the page is asked for anew, whatever the stream says.
  const CALM_MS = 1_000; // A burst of changes is one look.
  const ANSWER_MS = 8_000;
  const root = document.documentElement;
  const spoken = document.getElementById("spoken");
  const unsent = document.getElementById("unsent");
  const here = "/" + location.search;

  // Two clocks, for each may stand still or jump: the worse one counts.
  let heard = { steady: performance.now(), wall: Date.now(), clock: document.getElementById("as-of").dataset.clock };
  let news = 0, shownNews = 0; // How often the box had something new, and how much of it stands here.
  let source = null, asked = null, timer = 0;

  const regions = () => document.querySelectorAll("[data-live]");
  const shown = new Map([...regions()].map((one) => [one.id, one.outerHTML]));

  function alive(clock) {
    heard = { steady: performance.now(), wall: Date.now(), clock: clock || heard.clock };
    root.classList.remove("old");
    for (const one of document.getAnimations()) if (one.animationName?.startsWith("old-")) one.currentTime = 0;
    tick();
  }

  function tick() {
    const age = Math.max(performance.now() - heard.steady, Date.now() - heard.wall, 0) / 1000;
    const asOf = document.getElementById("as-of"), stale = document.getElementById("stale");
    if (age < OLD_S) {
      asOf.textContent = asOf.dataset.ago.replace("{time}", heard.clock).replace("{n}", Math.floor(age));
      return;
    }
    stale.textContent = stale.dataset.stale.replace("{time}", heard.clock);
    if (!root.classList.contains("old")) {
      root.classList.add("old");
      spoken.textContent = stale.textContent;
    }
  }

  // What a person is typing in, or has typed, is never taken away.
  const isInUse = (region) => [...region.querySelectorAll("input:not([type=hidden]), textarea, select")].some((one) =>
    one === document.activeElement || (one.tagName === "SELECT" ? ![...one.options].every((option) => option.selected === option.defaultSelected)
      : one.value !== one.defaultValue));
  const tappable = (region) => [...region.querySelectorAll("a[href], button, summary, input, select")];

  function swap(old, fresh) {
    const open = [...old.querySelectorAll("details[open][id]")].map((one) => one.id);
    const place = tappable(old).indexOf(document.activeElement);
    old.replaceWith(fresh);
    for (const id of open) {
      const details = document.getElementById(id);
      if (details) details.open = true;
    }
    if (place >= 0) tappable(fresh)[place]?.focus({ preventScroll: true });
  }

  function show(text) {
    const page = new DOMParser().parseFromString(text, "text/html");
    if (!page.getElementById("now")) { location.reload(); return; }
    const before = sentence();
    for (const fresh of page.querySelectorAll("[data-live]")) {
      const old = document.getElementById(fresh.id), html = fresh.outerHTML;
      if (!old || shown.get(fresh.id) === html) continue;
      if (isInUse(old)) continue; // It is tried again at the next look.
      swap(old, document.adoptNode(fresh));
      shown.set(fresh.id, html);
    }
    document.title = page.title;
    heard.clock = page.getElementById("as-of")?.dataset.clock || document.getElementById("as-of").dataset.clock;
    if (sentence() !== before) spoken.textContent = sentence();
  }

  const sentence = () => [...document.querySelectorAll("#state, .selling, .next")].map((one) => one.textContent.trim()).join(" ");

  async function look() {
    if (asked) return;
    const upTo = news; // What comes while the answer is on its way may not be in it.
    asked = fetch(here, { headers: { Accept: "text/html" }, cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
    try {
      const answer = await asked;
      const text = await answer.text();
      if (answer.ok) {
        shownNews = upTo;
        show(text);
        alive();
      }
    } catch { /* It is away: the clock says so by itself. */ } finally {
      asked = null;
      if (news > upTo) again();
    }
  }

  function again() {
    clearTimeout(timer);
    timer = setTimeout(look, CALM_MS);
  }

  function listen() {
    if (!("EventSource" in window) || (source && source.readyState !== EventSource.CLOSED)) return;
    source = new EventSource("/v1/events");
    let seen = null;
    source.addEventListener("status", (event) => {
      const { now: at, copies, ...rest } = JSON.parse(event.data); // Only what a person acts on: ages grow all the time.
      const known = JSON.stringify(rest);
      if (known !== seen) { news += 1; again(); }
      seen = known;
    });
    source.addEventListener("beat", (event) => { if (shownNews === news) alive(JSON.parse(event.data).clock); });
  }

  // A button keeps what was typed until the box has it.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.closest("#acts, .journal")) return;
    event.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    const body = new URLSearchParams(new FormData(form, event.submitter));
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" }, signal: AbortSignal.timeout(ANSWER_MS) });
      unsent.hidden = true;
      if (answer.redirected && new URL(answer.url).pathname !== "/") { location.assign(answer.url); return; }
      const text = await answer.text();
      const isKept = answer.ok;
      if (isKept) {
        form.reset();
        const details = form.closest("details");
        if (details) {
          details.open = false;
          details.querySelector("summary").focus();
        } else form.querySelector("input:not([type=hidden])")?.focus({ preventScroll: true });
        alive();
      }
      show(text);
      if (!isKept) document.getElementById("told").scrollIntoView({ block: "nearest" });
    } catch {
      unsent.hidden = false;
      unsent.scrollIntoView({ block: "nearest" });
    } finally { delete form.dataset.busy; }
  });

  listen();
  setInterval(tick, 1000);
  setInterval(() => { listen(); look(); }, LOOK_MS);
  for (const one of ["online", "pageshow", "visibilitychange"]) addEventListener(one, () => { tick(); look(); });
  tick();
})();
