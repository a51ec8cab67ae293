/**
 * What the core answers where it does not do as asked: a value, never an exception.
 * The screen says `text` in the reader's language and fills in `facts`; `code` is stable.
 * @module
 */

/**
 * @typedef {{refused: string, text: string, facts: Record<string, string|number>}} Refusal
 */

/**
 * @param {string} code stable, kebab-case
 * @param {string} text an English sentence with facts in braces
 * @param {Record<string, string|number>} [facts] sums are named *_minor and stay whole numbers
 * @returns {Refusal}
 */
export function refuse(code, text, facts = {}) {
  return Object.freeze({ refused: code, text, facts: Object.freeze(facts) });
}

/**
 * @param {unknown} value
 * @returns {boolean} true if it is a refusal
 */
export function isRefused(value) {
  return typeof value === "object" && value !== null && typeof value.refused === "string";
}
