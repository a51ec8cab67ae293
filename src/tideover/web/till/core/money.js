/**
 * Units of money and quantity, rounding, and numbers as people type and read them. Nothing here is a float.
 *
 * Amounts are whole numbers in minor units, unit prices in 1/10,000 of the major unit, quantities in thousandths,
 * rates in millionths; products may pass 2^53 on the way, so they are computed with BigInt. Same vectors as model/money.py.
 * @module
 */
import { refuse } from "./refusal.js";

export const INT_MAX = Number.MAX_SAFE_INTEGER;
export const PRICE_SCALE = 10_000;
export const QUANTITY_SCALE = 1_000;
export const RATE_SCALE = 1_000_000;
export const MINOR_PER_MAJOR = 100;

const MONEY_DECIMALS = 2;
const PER_MINOR = BigInt((QUANTITY_SCALE * PRICE_SCALE) / MINOR_PER_MAJOR);
const DIGITS_MAX = 9; // Before the decimal sign: a sum of a milliard is a barcode in the wrong field.
const SPACE = "[ \\u00a0\\u202f\\u2009]";
const AROUND = new RegExp(`^(?:${SPACE}|[€£$])+|(?:${SPACE}|[€£$])+$`, "gu");
const BARE = /^[0-9]*(?:[.,][0-9]*)?$/;
const BY_SPACE = new RegExp(`^[0-9]{1,3}(?:${SPACE}[0-9]{3})+(?:[.,][0-9]*)?$`);
const BY_COMMA = /^[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]*$/;
const BY_POINT = /^[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]*$/;
const SIGNS = { EUR: "€", GBP: "£", AUD: "$" };
const NBSP = "\u00a0";
const MINUS = "\u2212";

/**
 * @param {bigint} numerator
 * @param {bigint} denominator > 0
 * @returns {bigint} the quotient, rounded half away from zero
 */
export function divideRounded(numerator, denominator) {
  const size = numerator < 0n ? -numerator : numerator;
  let quotient = size / denominator;
  if (2n * (size % denominator) >= denominator) quotient += 1n;
  return numerator >= 0n ? quotient : -quotient;
}

/**
 * @param {number} quantity thousandths
 * @param {number} unitPrice 1/10,000 of the major unit
 * @returns {number} quantity × price in minor units, rounded once, half away from zero; before any discount
 */
export function lineAmount(quantity, unitPrice) {
  return Number(divideRounded(BigInt(quantity) * BigInt(unitPrice), PER_MINOR));
}

/**
 * @param {number} minor
 * @param {number} ppm millionths
 * @returns {number} that share of a sum, rounded half away from zero
 */
export function shareOf(minor, ppm) {
  return Number(divideRounded(BigInt(minor) * BigInt(ppm), BigInt(RATE_SCALE)));
}

/**
 * A number as a person types it: "1,50", "1.50", "1 234,50", "−3". Never guesses at two readings.
 * @param {string} text
 * @param {number} decimals 2 for money, 4 for a unit price, 3 for a quantity: the value is in 10^-decimals
 * @param {{min?: number, max?: number}} [limits] inclusive, in the value's units; without them −10^9 to 10^9 of the major unit
 * @returns {{value: number}|import("./refusal.js").Refusal} codes: empty, not-a-number, too-many-decimals, too-small, too-large
 */
export function parse(text, decimals, limits = {}) {
  let bare = String(text).replace(AROUND, "");
  if (bare === "") return refuse("empty", "Type a number.");
  const negative = /^[-\u2212]/.test(bare);
  if (negative) bare = bare.slice(1).replace(AROUND, "");
  const plain = plainDigits(bare);
  if (plain === null) return refuse("not-a-number", "“{text}” is not a number.", { text: shortened(text) });
  const [whole, part = ""] = plain.split(".");
  if (part.length > decimals) { // 1,234 may be a thousand and more.
    return refuse("too-many-decimals", "“{text}” has more than {n} decimals.", { text: shortened(text), n: decimals });
  }
  const digits = whole.replace(/^0+(?=[0-9])/, "");
  if (digits.length > DIGITS_MAX) return refuse("too-large", "“{text}” is too large.", { text: shortened(text) });
  const size = Number(digits || "0") * 10 ** decimals + Number(part.padEnd(decimals, "0") || "0");
  const value = negative && size !== 0 ? -size : size;
  if (limits.min !== undefined && value < limits.min) return refuse("too-small", "“{text}” is too small.", { text: shortened(text) });
  if (limits.max !== undefined && value > limits.max) return refuse("too-large", "“{text}” is too large.", { text: shortened(text) });
  return { value };
}

/** The digits with a point, thousands signs taken out; null where they stand at no place for one. */
function plainDigits(bare) {
  if (!/[0-9]/.test(bare)) return null;
  if (BARE.test(bare)) return bare.replace(",", ".");
  if (BY_SPACE.test(bare)) return bare.replace(new RegExp(SPACE, "g"), "").replace(",", ".");
  if (BY_COMMA.test(bare)) return bare.replaceAll(",", "");
  if (BY_POINT.test(bare)) return bare.replaceAll(".", "").replace(",", ".");
  return null;
}

function shortened(text) {
  const letters = [...String(text)];
  return letters.length > 20 ? `${letters.slice(0, 20).join("")}…` : letters.join("");
}

/**
 * @param {number} minor
 * @param {string} language "en" or "fi"
 * @param {string} [currency] "EUR", …; without it the bare number
 * @returns {string} as people write it there: 1,234.50 €, 1 234,50 €, £12.00
 */
export function show(minor, language, currency) {
  const text = showNumber(minor, MINOR_PER_MAJOR, MONEY_DECIMALS, language);
  if (!currency) return text;
  const sign = SIGNS[currency] ?? currency;
  if (sign === "£" || sign === "$") return text.startsWith(MINUS) ? `${MINUS}${sign}${text.slice(1)}` : `${sign}${text}`;
  return `${text}${NBSP}${sign}`;
}

/**
 * @param {number} value
 * @param {number} scale a power of ten
 * @param {number} least decimals at least
 * @param {string} language "en" or "fi"
 * @returns {string} value / scale as people write it there, with the decimals it has: 1,234.5; 0,25
 */
export function showNumber(value, scale, least, language) {
  const [whole, part] = decimalText(Math.abs(value), scale, least).split(".");
  const [group, point] = language === "fi" ? [NBSP, ","] : [",", "."];
  return `${value < 0 ? MINUS : ""}${whole.replace(/\B(?=(?:[0-9]{3})+$)/g, group)}${part ? point + part : ""}`;
}

/**
 * @param {number} value
 * @param {number} scale a power of ten
 * @param {number} least decimals at least
 * @returns {string} value / scale with a decimal point, no thousands sign, a plain hyphen as minus; for receipts
 */
export function decimalText(value, scale, least) {
  const size = Math.abs(value);
  const places = String(scale).length - 1;
  const digits = places ? String(size % scale).padStart(places, "0").replace(/0+$/, "").padEnd(least, "0") : "";
  return `${value < 0 ? "-" : ""}${Math.trunc(size / scale)}${digits ? `.${digits}` : ""}`;
}
