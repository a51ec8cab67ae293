/** What a person hears and sees when something was scanned: a short high tone and a flash; a low tone where it was not known. */

let audio = null;
const KEPT = "till.quiet";

export const isQuiet = () => {
  try {
    return localStorage.getItem(KEPT) === "yes";
  } catch {
    return false;
  }
};

export function setQuiet(quiet) {
  try {
    localStorage.setItem(KEPT, quiet ? "yes" : "no");
  } catch {
    // Without a store it stays as it is.
  }
}

/** good: true for "it is in the basket", false for "look at the screen". */
export function sound(good) {
  flash(good);
  if (isQuiet() || !globalThis.AudioContext) return;
  try {
    audio ??= new AudioContext();
    if (audio.state === "suspended") return void audio.resume();
    const tone = audio.createOscillator();
    const loud = audio.createGain();
    tone.frequency.value = good ? 1_760 : 220;
    loud.gain.setValueAtTime(0.08, audio.currentTime);
    loud.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + (good ? 0.09 : 0.35));
    tone.connect(loud).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.4);
  } catch {
    audio = null; // No loudspeaker: the flash and the words remain.
  }
}

/** The frame lights up once, in a colour, beside the words that say the same. */
function flash(good) {
  const root = document.documentElement;
  root.dataset.flash = "";
  requestAnimationFrame(() => {
    root.dataset.flash = good ? "good" : "bad";
    setTimeout(() => delete root.dataset.flash, 350);
  });
}
