/**
 * One layer on the document that tells a scanner from fingers, whatever has the focus.
 *
 * A scanner is a keyboard that types a whole code in a few dozen milliseconds and (mostly) ends with Enter or Tab. The
 * first sign of a burst is let into a field, because nobody can know yet; from the second one on signs are held back, and
 * from the first where there is no field, for there a sign may do something at once. If the burst turns out to be a code, the field gets its old text again and the code goes to `onScan`; if it was a person
 * with quick fingers, what was held is put into the field where it belongs. So no code ever lands in a money field, and
 * no key of a person is eaten. Never decides what a code means: `knows` says whether there is such an item.
 */

import { isBarcode } from "../core/barcode.js";

/** Milliseconds between two signs of one code at most; signs of a code at least; what ends it. */
export const USUAL = { gapMs: 35, least: 4, suffix: "either" };
const HEARD_MS = 60; // A busy page hears of a key so late; until then a burst is not over.
const TWICE_MS = 120; // A scanner that sends CR and LF presses Enter a second time within this.
const CODE = /^[\x21-\x7e\x1d]+$/;
const KEPT = "till.scanner";

/** The scanner's manners as set on this device. */
export function manners() {
  try {
    return { ...USUAL, ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
  } catch {
    return { ...USUAL };
  }
}

/** Keeps other manners on this device. */
export function setManners(changes) {
  try {
    localStorage.setItem(KEPT, JSON.stringify({ ...manners(), ...changes }));
  } catch {
    // A full or forbidden store: the usual manners go on.
  }
}

/** The code without a symbology identifier (]E0) in front and start and stop signs (*) around it. */
export const bare = (text) => text.replace(/^\][A-Za-z]\d/, "").replace(/^\*(.+)\*$/, "$1");

/**
 * Begins to listen. Returns a function that ends it.
 * options: onScan(code, {ms, suffix}), knows(code) -> boolean, settings() -> USUAL's shape. Time is the events' own: when the key
 * went down, however late this page hears of it.
 */
export function capture(where, { onScan, knows = () => false, settings = manners }) {
  const burst = { signs: "", held: "", out: 0, before: null, first: 0, last: 0, timer: 0 };
  let ended = -Infinity; // When a code was last taken.

  const reset = () => {
    clearTimeout(burst.timer);
    Object.assign(burst, { signs: "", held: "", out: 0, before: null, timer: 0 });
  };

  /** Fingers: what was held goes where it was meant. The burst is remembered: a page that heard of it late may go on with it. */
  const release = () => {
    const { held, before } = burst;
    burst.held = "";
    if (held && before.field) insert(before.field, held);
    else for (const sign of held) pressed(before.target, sign);
    if (!before.field) burst.out += held.length;
  };

  const take = (suffix, at) => {
    const { before, out } = burst;
    const code = bare(burst.signs);
    const ms = Math.round(burst.last - burst.first);
    ended = at;
    reset(); // Before anything is pressed: what is pressed comes by here again, and would end this burst once more.
    restore(before);
    for (let n = 0; n < out; n += 1) pressed(before.target, "Backspace"); // Let out too early: taken back.
    onScan(code, { ms, suffix });
  };

  /** A burst is a code if it is long enough and is a GTIN, is known, or ends like a scanner's and holds a digit. */
  const isCode = (isEnded) => {
    const code = bare(burst.signs);
    if (burst.signs.length < settings().least || !CODE.test(burst.signs)) return false;
    return isBarcode(code) || knows(code) || (isEnded && /\d/.test(code) && code.length >= 6);
  };

  const suffixes = () => ({ Enter: ["Enter"], Tab: ["Tab"], none: [], either: ["Enter", "Tab"] })[settings().suffix] ?? ["Enter", "Tab"];

  /** Nothing more came: a code without a suffix, or fingers. */
  const rest = () => (isCode(false) ? take("none", burst.last) : release());

  const sign = (event) => {
    const at = event.timeStamp;
    if (burst.signs && at - burst.last > settings().gapMs) {
      rest();
      reset();
    }
    if (!burst.signs) Object.assign(burst, { before: snapshot(event.target), first: at });
    if (burst.signs || !burst.before.field) {
      burst.held += event.key;
      event.preventDefault();
      event.stopImmediatePropagation();
    }
    burst.signs += event.key;
    burst.last = at;
    clearTimeout(burst.timer);
    burst.timer = setTimeout(rest, settings().gapMs + HEARD_MS);
  };

  const onKey = (event) => {
    if (event.isComposing || ["Shift", "CapsLock", "AltGraph", "Unidentified", "Process", "Dead"].includes(event.key)) return;
    if ((event.ctrlKey || event.altKey || event.metaKey) && event.key.length === 1 && !event.getModifierState("AltGraph")) return;
    if (event.key.length === 1 && event.key !== " ") {
      if (event.repeat) return;
      sign(event);
      return;
    }
    const at = event.timeStamp;
    if (suffixes().includes(event.key)) {
      if (burst.signs && at - burst.last <= settings().gapMs && isCode(true)) {
        event.preventDefault();
        event.stopImmediatePropagation();
        take(event.key, at);
        return;
      }
      if (at >= ended && at - ended < TWICE_MS) {
        event.preventDefault();
        event.stopImmediatePropagation();
        return;
      }
    }
    if (burst.signs) {
      rest();
      reset();
    }
  };

  /** A phone's keyboard app names no keys: its text is seen when it is about to come in. */
  const onInput = (event) => {
    if (event.inputType !== "insertText" || !event.data || event.data.length < settings().least || event.isComposing) return;
    const code = bare(event.data);
    if (!CODE.test(event.data) || !(isBarcode(code) || knows(code))) return;
    event.preventDefault();
    onScan(code, { ms: 0, suffix: "none" });
  };

  /** Fingers that went from the keys to the glass: what they typed comes first. */
  const onPointer = ({ timeStamp }) => {
    if (!burst.signs || timeStamp - burst.last <= settings().gapMs) return; // A scanner may still be in the middle of a code.
    rest();
    reset();
  };

  where.addEventListener("keydown", onKey, true);
  where.addEventListener("pointerdown", onPointer, true);
  where.addEventListener("beforeinput", onInput, true);
  return () => {
    reset();
    where.removeEventListener("keydown", onKey, true);
    where.removeEventListener("pointerdown", onPointer, true);
    where.removeEventListener("beforeinput", onInput, true);
  };
}

const isField = (element) => element?.matches?.("input:not([type=checkbox]):not([type=radio]), textarea");

function snapshot(target) {
  const field = isField(target) ? target : null;
  return { target, field, value: field?.value, from: field?.selectionStart, to: field?.selectionEnd };
}

/** The field as it was before the first sign came in. */
function restore(before) {
  const { field, value, from, to } = before ?? {};
  if (!field || field.value === value) return;
  field.value = value;
  if (from !== null) field.setSelectionRange?.(from, to);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function insert(field, text) {
  if (field.readOnly || field.disabled) return;
  field.setRangeText?.(text, field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** A key for whoever listens where there is no field. */
function pressed(target, key) {
  (target?.isConnected ? target : document.body).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, repeat: true }));
}
