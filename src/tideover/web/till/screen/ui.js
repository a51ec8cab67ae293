/**
 * What every screen uses: going from one to another, saying what went well or wrong, and doing something that may be
 * refused. An error always says what to do next. Never sells anything by itself.
 */

import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact-htm.js";
import { money, say } from "./words.js";

const TOLD_MS = 4_000;

/** What to do next where the one who refused did not say it: no dead ends. */
const HINTS = {
  "not-allowed": "Nobody here may do more: leave it as it is, or ask the owner for a grant.",
  "grant-needed": "Ask the owner, or leave it as it is.",
  "no-account": "Choose a customer who has an account, or take the money another way.",
  "not-empty": "Park the open basket or finish it; then try again.",
  "line-fixed": "Remove the line and scan it anew.",
  "paid-in-part": "On the pay screen press ✕ beside each payment; then clear the basket.",
  "too-large": "Look whether a number got too many digits.",
  "quantity-too-large": "Look whether a barcode got into the quantity; press Cancel and type it again.",
  "price-too-large": "Look whether a number got too many digits.",
  "nothing-due": "Look at what was taken so far; press ✕ beside a payment that was not made.",
  "more-than-due": "Take what is due. Only cash gives change.",
  "storage-full": "Free some space on this device, or take the unsent sales out in the menu. Until then write slips.",
  "over-refund": "Look at the line again: it was taken back before.",
};
const OTHER = "Try once more. If it stays so, serve on with numbered slips and tell the owner.";

/** Makes the `ui` that screens are given; `set` changes what is shown. */
export function makeUi(till, set) {
  let timer = 0;
  const ui = {
    till,
    /** Shows another screen. */
    go(name, facts = {}) {
      set({ place: { name, ...facts }, fault: null, dialog: null });
    },
    /** Opens something on top: {name, …}; null closes it. */
    open(dialog) {
      set({ dialog, fault: null });
    },
    /** One line for a few seconds; look: "good" | "bad". */
    tell(text, look = "good") {
      clearTimeout(timer);
      set({ told: { text, look } });
      timer = setTimeout(() => set({ told: null }), TOLD_MS);
    },
    /** Stays until it is read: what went wrong and what to do next. */
    fault(text, hint = "", more = {}) {
      clearTimeout(timer);
      set({ fault: { text, hint, ...more }, told: null }); // Nothing passing lies over it.
    },
    clear() {
      set({ fault: null });
    },
    /** True while something lies on top: the screen below does not take keys. */
    isBlocked: () => Boolean(document.querySelector("[data-dialog]")),
    now: () => Date.now(),
    /** Does one thing; shows a refusal or an error. Resolves to the answer, or null if it did not work. */
    async run(work, onRefused = {}) {
      try {
        const answer = await work();
        if (answer?.refused) {
          const refusal = typeof answer.refused === "string" ? { ...answer, code: answer.refused } : answer.refused;
          (onRefused[refusal.code] ?? ui.refuse)(refusal);
          return null;
        }
        set({ fault: null });
        return answer ?? true;
      } catch (error) {
        const facts = told(error.facts ?? {});
        ui.fault(say(error.text ?? error.message, facts), say(error.hint || hintOf(error.code), facts));
        return null;
      }
    },
    /** A refusal in words: who may, if this person may not. */
    refuse({ code, text, facts = {}, hint }) {
      const known = told(facts);
      const next = hint ? say(hint, known) : known.hint ? say(known.hint, known) : say(hintOf(code));
      ui.fault(say(text, known), next);
    },
  };
  return ui;
}

/** The facts as people read them: sums as money, names in a row. */
function told(facts) {
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [
    name, name.endsWith("_minor") && Number.isInteger(value) ? money(value) : Array.isArray(value) ? value.join(", ") : value,
  ]));
}

const hintOf = (code) => (code in HINTS ? HINTS[code] : OTHER);

/** What went wrong, in front of everything else, until somebody has read it. */
export function Fault({ fault, ui }) {
  useLayoutEffect(() => { if (fault) document.querySelector("[data-dialog] :focus")?.scrollIntoView({ block: "nearest" }); }, [fault]);
  if (!fault) return null;
  return html`<div class="fault" role="alert" data-fault>
    <span class="sign" aria-hidden="true">!</span>
    <p><strong>${fault.text}</strong>${fault.hint && html` <span>${fault.hint}</span>`}</p>
    ${fault.doing && html`<button type="button" onClick=${() => { ui.clear(); fault.doing(); }}>${fault.does}</button>`}
    <button type="button" class="light" data-key="ok" onClick=${() => ui.clear()}>${say("OK")}</button>
  </div>`;
}

/** One passing line; a screen reader reads it. */
export function Told({ told }) {
  return html`<div class=${`told ${told?.look ?? ""}`} role="status" aria-live="polite" data-told>
    ${told && html`<p><span aria-hidden="true">${told.look === "bad" ? "✕" : "✓"}</span> ${told.text}</p>`}</div>`;
}

/** The state of the till, fresh at each change. */
export function useTill(till) {
  const [, again] = useState(0);
  useEffect(() => till.subscribe(() => again((n) => n + 1)), [till]);
  return till.state;
}

/** Asks once, and again when `what` changes; the value while it is asked is null. */
export function useAsked(ask, what = []) {
  const [answer, set] = useState(null);
  useEffect(() => {
    let isOver = false;
    Promise.resolve().then(ask).then((value) => isOver || set(value), () => isOver || set(undefined));
    return () => { isOver = true; };
  }, what);
  return answer;
}

/** Listens to the document's keys while a screen is shown; handler(event) -> true if it took the key. */
export function useKeys(handler) {
  const newest = useRef(handler);
  newest.current = handler; // At once, not after the picture: quick fingers press Enter before it is drawn.
  useLayoutEffect(() => { // With the screen, not a moment after it: a key in between would be nobody's.
    const listen = (event) => {
      if (event.defaultPrevented || event.isComposing) return;
      if (newest.current(event)) event.preventDefault();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}

/** Fingers rather than a mouse: then nothing takes the focus by itself, because a keyboard would rise from below. */
export const isTouch = () => globalThis.matchMedia?.("(pointer: coarse)").matches ?? false;

/** Puts the focus into a field when it appears, where that opens no keyboard. */
export function focusOn(reference) {
  useLayoutEffect(() => { if (!isTouch()) reference.current?.focus(); }, []);
}

/** A heading with the way back. */
export function Head({ title, back, children }) {
  return html`<header class="head">
    ${back && html`<button type="button" class="back" data-key="back" onClick=${back}><span aria-hidden="true">←</span> ${say("Back")}</button>`}
    <h1>${title}</h1>${children}</header>`;
}
