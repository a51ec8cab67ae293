/**
 * Barcodes of GS1: is the check digit right, which one form is kept for look-ups, and what a weight label holds.
 * Never guesses a missing digit. Same vectors as rules/barcode.py, which names the sources.
 * @module
 */

const LENGTHS = new Set([8, 12, 13, 14]);
const WEIGHED = { FI: { 23: 1, 24: 10, 25: 100 } }; // Prefix to grams (thousandths of a kilo) per unit of its four digits.

/**
 * @param {string} body the digits before the check digit
 * @returns {number} weights 3, 1, 3 … from the right
 */
function checkDigit(body) {
  let total = 0;
  for (let place = 0; place < body.length; place += 1) {
    total += Number(body[body.length - 1 - place]) * (place % 2 === 0 ? 3 : 1);
  }
  return (10 - (total % 10)) % 10;
}

/**
 * @param {string} code
 * @returns {boolean} true for a GTIN-8, UPC-A, EAN-13 or GTIN-14 whose check digit is right
 */
export function isBarcode(code) {
  return LENGTHS.has(code.length) && /^[0-9]+$/.test(code) && checkDigit(code.slice(0, -1)) === Number(code.at(-1));
}

/**
 * @param {string} code
 * @returns {string} one form for look-ups: without spaces and dashes, UPC-A as EAN-13; anything else unchanged but trimmed
 */
export function normalBarcode(code) {
  const trimmed = code.trim();
  const plain = trimmed.replaceAll(" ", "").replaceAll("-", "");
  if (plain.length === 12 && isBarcode(plain)) return `0${plain}`;
  if (plain.length === 14 && plain[0] === "0" && isBarcode(plain)) return plain.slice(1);
  return /^[0-9]+$/.test(plain) ? plain : trimmed;
}

/**
 * What a label with a weight in it says.
 * @param {string} code as scanned
 * @param {string} country the shop's: such numbers are national
 * @returns {{codes: string[], quantity: number}|null} the item's code with zeros for the weight (its own prefix first, then
 *   those of the other weight classes), and the weight in thousandths of a kilo; null for any other code
 */
export function weighed(code, country) {
  const prefixes = WEIGHED[country];
  const plain = normalBarcode(code);
  if (!prefixes || plain.length !== 13 || !isBarcode(plain) || !(plain.slice(0, 2) in prefixes)) return null;
  const own = plain.slice(0, 2);
  const quantity = Number(plain.slice(8, 12)) * prefixes[own];
  if (quantity === 0) return null;
  const others = Object.keys(prefixes).filter((prefix) => prefix !== own).sort();
  const codes = [own, ...others].map((prefix) => {
    const body = `${prefix}${plain.slice(2, 8)}0000`;
    return `${body}${checkDigit(body)}`;
  });
  return { codes, quantity };
}
