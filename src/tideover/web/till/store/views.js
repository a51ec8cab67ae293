/* Entries as screens show them. */

import { contentOf } from "./queue.js";

const WHERE = { unsent: "here", "at-box": "box", beyond: "safe", refused: "refused" };

/** What a document comes to: its tenders and the cash rounding. */
const sumOf = (body) => (body.tenders ?? []).reduce((sum, one) => sum + one.amount_minor, body.rounding_minor ?? 0);

/** One stored entry for a list. */
export function shown(row) {
  const { body, happened_at, operator, refers_to } = contentOf(row);
  const { id, kind, number, trading_day, why = null } = row;
  return { id, kind, number, trading_day, happened_at, operator, refers_to, why, where: WHERE[row.state], sum_minor: sumOf(body), tenders: body.tenders ?? [] };
}

/** What the box refused, for people: {id, number, message, hint}. */
export const refusal = (row) => ({ id: row.id, number: row.number, message: row.why?.message ?? "", hint: row.why?.hint ?? "" });

/** The shop as the core reads it: settings by their group, rates by their category. */
export function coreShopOf(shop) {
  if (!Array.isArray(shop.vat_rates)) return { ...shop, settings: shop.settings ?? shop };
  const vat_rates = {};
  for (const { category, from_day, vat_ppm } of shop.vat_rates) (vat_rates[category] ??= []).push([from_day, vat_ppm]);
  return { ...shop, settings: shop, vat_rates };
}
