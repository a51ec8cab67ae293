/**
 * The report of a trading day at one till (X): sales, refunds, tenders, VAT, and what should lie in the drawer.
 * Knows only the entries it is given; voided ones did not happen. Agrees with trade/drawer.py and the box's closing.
 * @module
 */
import { byRate } from "./vat.js";

/**
 * @typedef {object} Report
 * @property {string} day
 * @property {{n: number, sum_minor: number}} sales gross, before cash rounding
 * @property {{n: number, sum_minor: number}} refunds negative
 * @property {number} takings_minor sales and refunds together
 * @property {number} discount_minor taken off all lines
 * @property {number} rounding_minor cash rounding
 * @property {{kind: string, n: number, amount_minor: number}[]} by_tender net of change, in order of kind
 * @property {{vat_ppm: number, gross_minor: number, vat_minor: number}[]} by_vat in rising order of rate
 * @property {number} float_minor put in
 * @property {number} cash_minor cash tenders; refunds take out
 * @property {number} dropped_minor taken out to the safe
 * @property {number} expected_minor float + cash − dropped
 * @property {number|null} counted_minor the last count; null: not counted
 * @property {number|null} over_minor counted − expected; short is negative
 * @property {string|null} first_number of a receipt
 * @property {string|null} last_number
 * @property {number} voids
 */

/**
 * @param {{id: string, kind: string, till: string, trading_day: string, refers_to: string|null, body: object}[]} entries of one till,
 *   oldest first
 * @param {string} day
 * @returns {Report}
 */
export function x(entries, day) {
  const voided = new Set(entries.filter((one) => one.kind === "void").map((one) => one.refers_to));
  const report = empty(day);
  const tenders = new Map();
  const taxes = new Map();
  for (const entry of entries) {
    if (entry.trading_day !== day) continue;
    if (entry.kind === "void") report.voids += 1;
    else if (voided.has(entry.id)) continue;
    else if (entry.kind === "sale" || entry.kind === "refund") addDocument(report, tenders, taxes, entry);
    else addMove(report, entry);
  }
  report.by_tender = [...tenders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, { n, amount_minor }]) => ({ kind, n, amount_minor }));
  report.by_vat = [...taxes].sort(([a], [b]) => a - b).map(([vat_ppm, sums]) => ({ vat_ppm, ...sums }));
  report.takings_minor = report.sales.sum_minor + report.refunds.sum_minor;
  report.cash_minor = tenders.get("cash")?.amount_minor ?? 0;
  report.expected_minor = report.float_minor + report.cash_minor - report.dropped_minor;
  report.over_minor = report.counted_minor === null ? null : report.counted_minor - report.expected_minor;
  return report;
}

function empty(day) {
  return {
    day, sales: { n: 0, sum_minor: 0 }, refunds: { n: 0, sum_minor: 0 }, takings_minor: 0, discount_minor: 0, rounding_minor: 0,
    by_tender: [], by_vat: [], float_minor: 0, cash_minor: 0, dropped_minor: 0, expected_minor: 0, counted_minor: null, over_minor: null,
    first_number: null, last_number: null, voids: 0,
  };
}

function addDocument(report, tenders, taxes, { kind, body }) {
  const side = kind === "sale" ? report.sales : report.refunds;
  side.n += 1;
  for (const { vat_ppm, gross_minor, vat_minor } of byRate(body.lines, body.prices_include_vat)) {
    const sums = taxes.get(vat_ppm) ?? { gross_minor: 0, vat_minor: 0 };
    taxes.set(vat_ppm, { gross_minor: sums.gross_minor + gross_minor, vat_minor: sums.vat_minor + vat_minor });
    side.sum_minor += gross_minor;
  }
  for (const { kind: way, amount_minor } of body.tenders) {
    const sums = tenders.get(way) ?? { n: 0, amount_minor: 0 };
    tenders.set(way, { n: sums.n + 1, amount_minor: sums.amount_minor + amount_minor });
  }
  report.rounding_minor += body.rounding_minor;
  report.discount_minor += body.lines.reduce((sum, line) => sum + line.discount_minor, 0);
  report.first_number ??= body.number;
  report.last_number = body.number;
}

/** Money moved and counted in this till's own drawer; one with another name is not here. */
function addMove(report, { kind, till, body }) {
  if (body.drawer && body.drawer !== till) return;
  if (kind === "drawer_float") report.float_minor += body.amount_minor;
  else if (kind === "drawer_drop") report.dropped_minor += body.amount_minor;
  else if (kind === "drawer_count") report.counted_minor = body.counted_minor;
}
