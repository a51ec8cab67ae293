/** The number pad: always in one place, with the one large key below it. Types into whatever the screen is asking for. */

import { html } from "../vendor/preact-htm.js";
import { decimalSign, say } from "./words.js";

const ROWS = ["7", "8", "9", "back", "4", "5", "6", "times", "1", "2", "3", "enter", "0", "00", "sign"];

/** A key press on glass must not take the focus from the line that is being typed into. */
export const keepFocus = (event) => event.preventDefault();

/**
 * onKey(key): a digit, "00", "," or ".", "back", "times", "enter". withTimes: whether × means something here.
 * children stand above the pad; `main` is the large key: {text, sub, onPress, key, disabled, look}.
 */
export function Pad({ onKey, main, withTimes = false, withSign = true, timesAs = "×", children }) {
  const press = (key) => onKey(key === "sign" ? decimalSign() : key);
  return html`<section class="keys" aria-label=${say("Number pad")}>
    ${children}
    <div class="pad">
      ${ROWS.map((key) => html`<button type="button" class=${`k k-${key}`} data-key=${key} key=${key} aria-label=${named(key)}
        disabled=${(key === "times" && !withTimes) || (key === "sign" && !withSign)}
        onPointerDown=${keepFocus} onClick=${() => press(key)}>${key === "times" ? timesAs : shown(key)}</button>`)}
    </div>
    ${main && html`<${MainKey} ...${main} />`}
  </section>`;
}

/** The one large key of a screen: what happens next. */
export function MainKey({ text, sub, onPress, name, disabled, look = "" }) {
  return html`<button type="button" class=${`main ${look}`} data-key=${name} disabled=${disabled} onPointerDown=${keepFocus} onClick=${onPress}>
    <strong>${text}</strong>${sub && html`<span>${sub}</span>`}</button>`;
}

function shown(key) {
  return { back: "⌫", enter: "↵", sign: decimalSign() }[key] ?? key;
}

function named(key) {
  return { back: say("Delete the last sign"), times: say("times"), enter: say("Enter"), sign: say("Decimal sign") }[key] ?? key;
}

/** A text after one key of the pad. */
export function keyed(text, key) {
  if (key === "back") return text.slice(0, -1);
  if (key === "times") return text && !text.includes("×") ? `${text}×` : text;
  if ((key === "," || key === ".") && /[.,]/.test(text.split("×").at(-1))) return text;
  return text.length < 14 ? text + key : text;
}
