/**
 * From a basket to what is signed: totals, the document of a sale or refund, and a quote; exactly as the box makes them.
 * Every document made here passes the box's own checks (rules/balance.py). Computes nothing twice: totals and document agree.
 * @module
 */
import { basketSum } from "./basket.js";
import { allowsDiscount, allowsRefund, isDayOf, needOf } from "./grants.js";
import { INT_MAX } from "./money.js";
import { settle } from "./payment.js";
import { isRefused, refuse } from "./refusal.js";
import { byRate } from "./vat.js";

/**
 * @typedef {object} Total
 * @property {number} sum_minor with VAT, before cash rounding
 * @property {{vat_ppm: number, gross_minor: number, vat_minor: number}[]} by_vat in rising order of rate
 * @property {number} vat_minor
 * @property {number} net_minor
 * @property {number} discount_minor taken off all lines
 * @property {number} quantity thousandths, of whole pieces
 * @property {object[]} tenders what the payments come to
 * @property {number} paid_minor net of change
 * @property {number} rounding_minor
 * @property {number} due_minor still to be paid; negative: to be given back
 * @property {number} due_cash_minor the same in coins that exist
 * @property {number} change_minor cash to hand back
 */

/**
 * @param {import("./basket.js").Basket} state
 * @param {object} shop
 * @returns {Total}
 */
export function total(state, shop) {
  const by_vat = byRate(state.lines, shop.settings.prices_include_vat);
  const sum_minor = by_vat.reduce((sum, one) => sum + one.gross_minor, 0);
  const vat_minor = by_vat.reduce((sum, one) => sum + one.vat_minor, 0);
  const discount_minor = state.lines.reduce((sum, line) => sum + line.discount_minor, 0);
  const quantity = state.lines.reduce((sum, line) => sum + line.quantity, 0);
  const paid = state.lines.length
    ? settle(sum_minor, state.tenders, shop.settings.cash_rounding_minor)
    : { tenders: [], paid_minor: 0, rounding_minor: 0, change_minor: 0, due_minor: 0, due_cash_minor: 0 };
  return { sum_minor, by_vat, vat_minor, net_minor: sum_minor - vat_minor, discount_minor, quantity, ...paid };
}

/**
 * @param {import("./basket.js").Basket} state a sale or refund, paid
 * @param {object} shop
 * @param {string} number on the receipt: TILL-SEQ
 * @param {string} day trading day; the grant must hold on it
 * @param {{prices_as_of?: number|null, party?: string|null, commitment?: string|null, exchange?: string|null}} [more]
 * @returns {object|import("./refusal.js").Refusal} the body of the entry (model/sale.py Document), every key present;
 *   codes: empty, not-paid, grant-needed, no-account, wrong-way, too-large
 */
export function documentOf(state, shop, number, day, more = {}) {
  if (!state.lines.length) return refuse("empty", "There is nothing in the basket.");
  if (state.kind === "quote") return refuse("quote-unpaid", "A quote is not paid: make a sale of it first.");
  const need = needOf(state, shop);
  if (need && !isGranted(state, need, day)) return refuse("grant-needed", REASONS[need.right], { sum_minor: need.amount_minor });
  if (state.tenders.some((one) => one.kind === "account") && !state.customer?.account) {
    return refuse("no-account", "Only a customer with an account buys on account: choose one first.");
  }
  const sum = basketSum(state, shop);
  if (state.kind === "sale" ? sum < 0 : sum > 0) return refuse("wrong-way", "A sale takes money in, a refund gives it out: this goes the other way.");
  if (Math.abs(sum) > INT_MAX) return refuse("too-large", "The sum is too large.");
  const paid = total(state, shop);
  if (paid.due_minor !== 0) return refuse("not-paid", "There is {rest_minor} still to pay.", { rest_minor: paid.due_minor });
  const ways = waysOf(paid.tenders, state.kind);
  if (isRefused(ways)) return ways;
  return {
    number,
    ...pricesOf(state, shop, more),
    tenders: paid.tenders,
    rounding_minor: paid.rounding_minor,
    prices_as_of: more.prices_as_of ?? null,
    slip: null,
    quote: state.quote,
    original: state.original?.number ?? null,
    exchange: more.exchange ?? null,
    grant: need ? state.grant.id : null,
  };
}

const REASONS = {
  discount: "A discount of {sum_minor} is over the limit: somebody who may must allow it.",
  refund: "A refund of {sum_minor} is over the limit: somebody who may must allow it.",
};

function isGranted(state, need, day) {
  if (!state.grant || !isDayOf(state.grant, day)) return false;
  return need.right === "refund" ? allowsRefund(state.grant, need.amount_minor) : allowsDiscount(state.grant, need.amount_minor, need.share_ppm);
}

/** Only cash may go the other way. */
function waysOf(tenders, kind) {
  const sign = kind === "sale" ? 1 : -1;
  const wrong = tenders.find((one) => one.kind !== "cash" && one.amount_minor * sign < 0);
  return wrong ? refuse("wrong-way", "A sale takes money in, a refund gives it out: this goes the other way.") : tenders;
}

/** What a document and a quote share. */
function pricesOf(state, shop, more) {
  return {
    currency: shop.settings.currency,
    prices_include_vat: shop.settings.prices_include_vat,
    lines: state.lines.map(({ item, name, quantity, unit_price, amount_minor, vat_ppm, discount_minor }) => ({
      item, name, quantity, unit_price, amount_minor, vat_ppm, discount_minor,
    })),
    party: more.party ?? null,
    commitment: more.commitment ?? null,
    customer: state.customer ? state.customer.merged_into || state.customer.code : null,
    note: state.note,
  };
}

/**
 * The entry that a sale or refund refers to: our own sale that is taken back, or our own quote that was sold.
 * @param {import("./basket.js").Basket} state
 * @returns {string|null}
 */
export function refersTo(state) {
  return state.original?.entry ?? state.quote_entry ?? null;
}

/**
 * @param {import("./basket.js").Basket} state
 * @param {object} shop
 * @param {string} number QT-TILL-SEQ
 * @param {string} day trading day on which it is given
 * @param {string} validUntil last trading day, YYYY-MM-DD
 * @param {{party?: string|null, commitment?: string|null}} [more]
 * @returns {object|import("./refusal.js").Refusal} the body of a `quote` entry (model/facts.py Quoted)
 */
export function quoteOf(state, shop, number, day, validUntil, more = {}) {
  if (!state.lines.length) return refuse("empty", "There is nothing in the basket.");
  if (state.kind === "refund") return refuse("wrong-way", "A refund is no quote.");
  if (state.tenders.length) return refuse("quote-unpaid", "A quote is not paid: take the payments back first.");
  const need = needOf(state, shop);
  if (need && !isGranted(state, need, day)) return refuse("grant-needed", REASONS.discount, { sum_minor: need.amount_minor });
  return { number, ...pricesOf(state, shop, more), valid_until: validUntil };
}
