/** What the tests of the till's core run in the page: a described sale (tests/unit/trade/baskets.py) as actions of a basket. */
import { basket, newBasket } from "/till/core/basket.js";
import { canonical, signedPart } from "/till/core/canonical.js";
import { documentOf, refersTo, total } from "/till/core/document.js";
import { allowed, discountToGrant, needOf, spentOf } from "/till/core/grants.js";
import { isRefused } from "/till/core/refusal.js";
import { receiptOf } from "/till/core/receipt.js";
import { takenBack } from "/till/core/refund.js";
import { byRate } from "/till/core/vat.js";

const ID = "0192f3c4-0000-7000-8000-0000000000aa";

export function shopOf({ shop, operators = [], grants = [] }) {
  return { settings: shop, vat_rates: {}, operators, grants, law: {} };
}

function itemOf(described, code) {
  return described.items.find((one) => one.code === code);
}

/** The basket after every action, or the first refusal. */
function run(state, actions, shop) {
  for (const action of actions) {
    state = basket(state, typeof action === "function" ? action(state) : action, shop);
    if (isRefused(state)) return state;
  }
  return state;
}

function lineActions(described) {
  return described.wanted.flatMap(({ item, quantity = 1000, unit_price = undefined, discount_minor = 0, name, vat_ppm }) => [
    item === ""
      ? { type: "add_free", name, unit_price, vat_ppm, quantity }
      : { type: "add", item: itemOf(described, item), quantity, unit_price: unit_price ?? undefined },
    ...(discount_minor ? [(state) => ({ type: "discount", key: state.lines.at(-1).key, discount_minor })] : []),
  ]);
}

function headActions(described) {
  const found = (described.customers ?? []).find((one) => one.code === described.customer);
  const customer = described.customer ? (found ?? { code: described.customer, name: "", account: false, merged_into: null }) : null;
  return [
    ...(customer ? [{ type: "customer", customer }] : []),
    ...(described.note ? [{ type: "note", note: described.note }] : []),
    ...(described.grant ? [{ type: "grant", grant: described.grant }] : []),
  ];
}

function tell(state, described) {
  const shop = shopOf(described);
  if (isRefused(state)) return { refused: state.refused };
  const body = documentOf(state, shop, described.number, described.day, { prices_as_of: described.prices_as_of ?? null });
  if (isRefused(body)) return { refused: body.refused };
  return { document: body, change_minor: total(state, shop).change_minor, refers_to: refersTo(state) };
}

export function soldAs(described) {
  const quote = described.quote;
  const actions = [
    ...(quote ? [{ type: "quote", code: quote.code, lines: quote.lines.map((line) => ({ ...line, vat_ppm: line.vat_ppm ?? itemOf(described, line.item).vat_ppm })) }] : []),
    ...headActions(described),
    ...lineActions(described),
    ...described.pay.map((one) => ({ type: "tender", ...one })),
  ];
  return tell(run(newBasket(ID, 0), actions, shopOf(described)), described);
}

export function takenBackAs(described) {
  const { original, picks, earlier = [] } = described;
  const lines = original ? [{ type: "take_back", original, picks, earlier }] : lineActions(described);
  const actions = [...headActions(described), ...lines, ...described.pay.map((one) => ({ type: "tender", ...one }))];
  return tell(run(newBasket(ID, 0, "refund"), actions, shopOf(described)), described);
}

/** The canonical bytes of the document, so that not only its values but its bytes are compared. */
export function bytesOf(described) {
  const made = "original" in described ? takenBackAs(described) : soldAs(described);
  return made.refused ? made : { bytes: canonical(made.document), change_minor: made.change_minor };
}

export function neededFor(described) {
  const state = run(newBasket(ID, 0), lineActions(described), shopOf(described));
  return discountToGrant(state.lines, described.shop.discount_limit_ppm);
}

export function mayAlone({ shop, operators, grants, operator, right, amount_minor, share_ppm = 0, spent = {}, in_outage, day }) {
  const found = allowed(shopOf({ shop, operators, grants }), operator, right, { amount_minor, share_ppm, spent, in_outage }, day);
  return { ok: found.ok, grant: found.grant?.id ?? null };
}

export function taxed({ prices_include_vat, lines }) {
  const by_rate = byRate(lines, prices_include_vat);
  const sum = (key) => by_rate.reduce((all, one) => all + one[key], 0);
  return { by_rate, gross_minor: sum("gross_minor"), vat_minor: sum("vat_minor") };
}

/** An entry of the journal: its bytes as made here, and whether WebCrypto finds its signature good. */
export async function signed({ entry, signature, spki }) {
  const bytes = signedPart(entry);
  const key = await crypto.subtle.importKey(
    "spki", Uint8Array.from(atob(spki), (letter) => letter.charCodeAt(0)), { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"],
  );
  const made = Uint8Array.from(signature.match(/../g), (pair) => Number.parseInt(pair, 16));
  const isGood = (said) => crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, made, said);
  const changed = bytes.slice();
  changed[changed.length - 2] ^= 1;
  return { signed: new TextDecoder().decode(bytes), good: await isGood(bytes), forged: await isGood(changed) };
}

export { needOf, spentOf, takenBack };

/** A receipt of the vectors: shop and flags as the till has them. */
export function rowsOf({ kind, body, settings, happened_at, operator, is_copy, in_outage, is_practice, original, receipt_mark }) {
  const shop = { settings, law: { receipt_mark }, is_practice };
  return receiptOf({ kind, body, happened_at, operator }, shop, settings.language, { is_copy, in_outage, original });
}
