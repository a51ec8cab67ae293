// A short calm tone beside an open wall when something goes away. Off until somebody turns it on here; the wall works without it.
"use strict";
(() => {
  const place = document.getElementById("sound"), button = place?.querySelector("button"), note = place?.querySelector("span");
  const Sound = window.AudioContext || window.webkitAudioContext;
  if (!button || !Sound) return;
  const KEPT = "tideover-sound", QUIET_MS = 20_000; // Not oftener than this: a line that comes and goes is no siren.
  const TONES = ["calm", "watch", "act", "stop"];
  let context = null, last = -QUIET_MS;

  const kept = { get: () => { try { return localStorage.getItem(KEPT) === "on"; } catch { return false; } },
    set: (on) => { try { localStorage.setItem(KEPT, on ? "on" : "off"); } catch { /* It is on until the page is closed. */ } } };
  let isOn = kept.get();

  // How bad it is: nothing here may be believed, what a person reads first, and how many services are down.
  function badness() {
    const now = document.getElementById("now");
    const tone = TONES.findIndex((one) => now?.classList.contains(one));
    const down = document.querySelectorAll("#services li.down").length;
    return { silent: document.documentElement.classList.contains("old"), tone, down };
  }

  // Browsers let a page sound only after somebody has touched it; after a new start of this page that is asked for once.
  const mayPlay = () => context?.state === "running";

  function show() {
    button.textContent = isOn ? place.dataset.off : place.dataset.on;
    button.setAttribute("aria-pressed", String(isOn));
    note.textContent = isOn && !mayPlay() ? place.dataset.touch : "";
    place.dataset.state = isOn ? (mayPlay() ? "on" : "waits") : "off";
  }

  async function arm() {
    try {
      context ??= new Sound();
      await context.resume();
    } catch { /* No sound device: the words on the wall say it all. */ }
    show();
  }

  function play() {
    if (!isOn || !mayPlay() || performance.now() - last < QUIET_MS) return;
    last = performance.now();
    place.dataset.played = String(Number(place.dataset.played || 0) + 1);
    for (const [start, pitch] of [[0, 523.25], [0.35, 392]]) { // Two soft notes, falling.
      const at = context.currentTime + start, tone = context.createOscillator(), loud = context.createGain();
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0, at);
      loud.gain.linearRampToValueAtTime(0.25, at + 0.03);
      loud.gain.exponentialRampToValueAtTime(0.001, at + 0.6);
      tone.connect(loud).connect(context.destination);
      tone.start(at);
      tone.stop(at + 0.65);
    }
  }

  button.addEventListener("click", async () => {
    isOn = !isOn;
    kept.set(isOn);
    if (isOn) {
      await arm();
      last = -QUIET_MS;
      play(); // So that one knows how it sounds.
    } else show();
  });
  addEventListener("pointerdown", () => { if (isOn && !mayPlay()) arm(); });
  addEventListener("keydown", () => { if (isOn && !mayPlay()) arm(); });

  let before = badness();
  function look() {
    const now = badness();
    if ((now.silent && !before.silent) || now.down > before.down || (now.tone > before.tone && now.tone >= 2)) play();
    before = now;
  }
  new MutationObserver(look).observe(document.documentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ["class"] });
  place.hidden = false;
  show();
})();
