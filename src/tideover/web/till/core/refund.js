/**
 * Taking back: what may still come back of a sale, and the lines that mirror it, discount and old VAT rate with them.
 * Parts of a line make its whole to the cent. The twin of trade/take_back.py. Never edits the sale.
 * @module
 */
import { QUANTITY_SCALE, decimalText, divideRounded, lineAmount } from "./money.js";
import { refuse } from "./refusal.js";

/**
 * @typedef {{lines: object[], entry: string|null, number: string|null, customer: string|null}} Original ours (entry) or the cloud's (number)
 * @typedef {{line: number, quantity: number|null}} Pick position from 0; quantity positive, null: all that is left
 */

/**
 * @param {string} id entry id of one of our own sales
 * @param {object} document its body
 * @returns {Original}
 */
export function originalOf(id, document) {
  return { lines: document.lines, entry: id, number: null, customer: document.customer };
}

/**
 * @param {Original} original
 * @param {object[]} earlier bodies of the refunds of this sale that stand
 * @returns {{line: number, item: string, name: string, sold: number, taken: number, left: number, left_minor: number}[]} per line
 */
export function returnable(original, earlier) {
  const taken = takenBack(original.lines, earlier);
  return original.lines.map((sold, line) => {
    const left = sold.quantity - taken[line];
    const left_minor = left && sold.quantity ? -mirror(sold, taken[line], left).amount_minor : 0;
    return { line, item: sold.item, name: sold.name, sold: sold.quantity, taken: taken[line], left, left_minor };
  });
}

/**
 * @param {object[]} sold the sale's lines
 * @param {object[]} earlier bodies of refunds
 * @returns {number[]} per line what came back of it already, filled in the order of the lines
 */
export function takenBack(sold, earlier) {
  const back = new Map();
  for (const document of earlier) for (const line of document.lines) back.set(same(line), (back.get(same(line)) ?? 0) - line.quantity);
  return sold.map((line) => {
    const amount = line.quantity > 0 ? Math.min(back.get(same(line)) ?? 0, line.quantity) : 0;
    back.set(same(line), (back.get(same(line)) ?? 0) - amount);
    return amount;
  });
}

function same(line) {
  return JSON.stringify([line.item, line.name, line.unit_price, line.vat_ppm]);
}

/**
 * The lines that come back, negative. More than is left is a notice for each such line: before it happened, a reason to stop.
 * @param {Original} original
 * @param {Pick[]} picks
 * @param {object[]} earlier
 * @returns {{lines: object[], notices: import("./refusal.js").Refusal[]}|import("./refusal.js").Refusal} codes: no-line,
 *   no-quantity; notices: over-refund
 */
export function refundLines(original, picks, earlier) {
  const taken = takenBack(original.lines, earlier);
  const lines = [];
  const notices = [];
  for (const pick of picks) {
    const sold = original.lines[pick.line];
    if (!sold) return refuse("no-line", "The sale has no line {n}.", { n: pick.line + 1 });
    const left = sold.quantity - taken[pick.line];
    const wanted = pick.quantity ?? null;
    const quantity = wanted === null ? left : sold.quantity > 0 ? wanted : -wanted;
    if (sold.quantity === 0 || (wanted !== null && wanted <= 0)) {
      return refuse("no-quantity", "Line {n} gives back a quantity of {number}.", { n: pick.line + 1, number: count(quantity) });
    }
    if (Math.abs(quantity) > Math.abs(left)) {
      const facts = { what: sold.name, sold: count(sold.quantity), before: count(taken[pick.line]) };
      notices.push(refuse("over-refund", "{what}: more comes back than is left of the sale (sold {sold}, taken back before {before}).", facts));
    }
    if (quantity) {
      lines.push({ ...mirror(sold, taken[pick.line], quantity), of_line: pick.line });
      taken[pick.line] += quantity;
    }
  }
  return { lines, notices };
}

/** The part from `before` on; what was paid is shared out so that all parts together are exactly the whole. */
function mirror(sold, before, quantity) {
  const size = BigInt(Math.abs(sold.quantity));
  const upTo = (pieces) => Number(divideRounded(BigInt(sold.amount_minor) * BigInt(pieces), size));
  const share = upTo(before + quantity) - upTo(before);
  const amount_minor = (sold.quantity > 0 ? -share : share) || 0;
  const { item, name, unit_price, vat_ppm } = sold;
  const discount_minor = lineAmount(-quantity, unit_price) - amount_minor || 0;
  return { item, name, quantity: -quantity, unit_price, amount_minor, vat_ppm, discount_minor };
}

function count(quantity) {
  return decimalText(quantity, QUANTITY_SCALE, 0);
}
