/**
 * VAT: how much of a document is tax, and which rate was in force on which day. Computed once per document and rate,
 * never per line. The rates themselves come from the box (rules/vat.py); no table stands here. Same vectors.
 * @module
 */
import { RATE_SCALE, divideRounded } from "./money.js";

/**
 * @param {number} sumMinor
 * @param {number} ratePpm
 * @param {boolean} included true for a gross sum
 * @returns {number} the VAT in a gross sum, or to be put on a net one; rounded half away from zero
 */
function vatOf(sumMinor, ratePpm, included) {
  const base = BigInt(RATE_SCALE) + (included ? BigInt(ratePpm) : 0n);
  return Number(divideRounded(BigInt(sumMinor) * BigInt(ratePpm), base));
}

/**
 * @param {Iterable<{vat_ppm: number, amount_minor: number}>} lines
 * @param {boolean} included
 * @returns {{vat_ppm: number, gross_minor: number, vat_minor: number}[]} in rising order of rate
 */
export function byRate(lines, included) {
  const sums = new Map();
  for (const line of lines) sums.set(line.vat_ppm, (sums.get(line.vat_ppm) ?? 0) + line.amount_minor);
  return [...sums].sort((a, b) => a[0] - b[0]).map(([vat_ppm, minor]) => {
    const vat_minor = vatOf(minor, vat_ppm, included);
    return { vat_ppm, gross_minor: included ? minor : minor + vat_minor, vat_minor };
  });
}

/**
 * @param {Iterable<{vat_ppm: number, amount_minor: number}>} lines
 * @param {boolean} included
 * @returns {number} what they come to with VAT, before cash rounding
 */
export function grossSum(lines, included) {
  return byRate(lines, included).reduce((sum, one) => sum + one.gross_minor, 0);
}

/**
 * @param {Record<string, [string, number][]>} rates category to its steps [first day, ppm], oldest first (shop.vat_rates)
 * @param {string} category "standard", "reduced", "low", "zero"
 * @param {string} day YYYY-MM-DD
 * @returns {number|null} the rate in force on that trading day, in ppm; null where the table does not know
 */
export function rateOn(rates, category, day) {
  let found = null;
  for (const [since, ppm] of rates?.[category] ?? []) if (since <= day) found = ppm;
  return found;
}
