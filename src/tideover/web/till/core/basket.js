/**
 * The basket: what a customer buys or brings back, as a value that actions turn into the next one.
 *
 * `basket(state, action, shop)` gives a new state, or a refusal that says why not; it never changes what it was given.
 * A sale's quantities are as typed, a refund's are negative. Knows no clock, no screen and no store.
 * @module
 */
import { INT_MAX, divideRounded, lineAmount, shareOf } from "./money.js";
import { settle } from "./payment.js";
import { isRefused, refuse } from "./refusal.js";
import { refundLines } from "./refund.js";
import { grossSum } from "./vat.js";

const LINES_MAX = 5_000;
const TENDERS_MAX = 20;
const NAME_LENGTH_MAX = 200;
const NOTE_LENGTH_MAX = 1_000;
const QUANTITY_MAX = 999_999_000; // Thousandths: more is a barcode in the wrong field.
const PRICE_MAX = 99_999_999_999; // 9,999,999.9999 of the major unit.
const AMOUNT_MAX = Math.floor(INT_MAX / LINES_MAX / 4); // So that no sum of lines, with VAT, passes what can be kept exactly.
const TENDER_KINDS = Object.freeze(["cash", "card", "account", "transfer", "mobile", "voucher"]);

/**
 * @typedef {object} BasketLine
 * @property {number} key stays with the line while the basket lives
 * @property {string} item the cloud's code; "" for a free line
 * @property {string} name
 * @property {number} quantity thousandths; negative in a refund
 * @property {number} unit_price 1/10,000 of the major unit
 * @property {number} vat_ppm
 * @property {number} discount_minor
 * @property {number} amount_minor
 * @property {number|null} list_price the copy's price, or the quote's; null where neither knows one
 * @property {string} unit
 * @property {boolean} is_fixed true for what an original or a weight label says: its quantity, price and discount stay
 * @property {number|null} of_line position in the original that it takes back
 *
 * @typedef {object} Basket
 * @property {string} id UUIDv7, made at the first key press; the entry's id
 * @property {number} started_at UTC ms
 * @property {"sale"|"refund"|"quote"} kind
 * @property {BasketLine[]} lines
 * @property {{code: string, name: string, account: boolean, merged_into: string|null}|null} customer
 * @property {string} note
 * @property {import("./payment.js").Pay[]} tenders as taken; see payment.js for what they come to
 * @property {{entry: string|null, number: string|null}|null} original the sale that a refund takes back
 * @property {object|null} grant the whole grant that allows a discount or refund over the limit
 * @property {string|null} quote number of the quote that this sale is made of
 * @property {string|null} quote_entry id of that quote where it is an entry of ours
 * @property {number} next_key
 */

/**
 * @param {string} id UUIDv7
 * @param {number} startedAt UTC ms
 * @param {"sale"|"refund"|"quote"} [kind]
 * @returns {Basket} an empty one
 */
export function newBasket(id, startedAt, kind = "sale") {
  return Object.freeze({
    id, started_at: startedAt, kind, lines: [], customer: null, note: "", tenders: [],
    original: null, grant: null, quote: null, quote_entry: null, next_key: 1,
  });
}

/**
 * @param {Basket} state
 * @returns {boolean} true if nothing would be lost with it
 */
export function isEmpty(state) {
  return !state.lines.length && !state.tenders.length && !state.customer && !state.note;
}

/**
 * One step. Actions, by `type`:
 * add {item, quantity?, unit_price?, is_fixed?} · add_free {name, unit_price, vat_ppm, quantity?} · quantity {key, quantity} ·
 * price {key, unit_price} · discount {key, discount_minor | share_ppm} · discount_all {share_ppm} · remove {key} ·
 * customer {customer|null} · note {note} · grant {grant|null} · tender {kind, amount_minor?, given_minor?, reference?} ·
 * untender {index} · kind {kind} · quote {code, entry?, customer?, lines} · take_back {original, picks, earlier} · clear {}.
 * Quantities and sums are typed positive; the basket's kind gives them their sign.
 * @param {Basket} state
 * @param {{type: string}} action
 * @param {object} shop GET /v1/till/shop
 * @returns {Basket|import("./refusal.js").Refusal}
 */
export function basket(state, action, shop) {
  const step = Object.hasOwn(STEPS, action.type) ? STEPS[action.type] : null;
  if (!step) return refuse("unknown-action", "The till does not know how to do “{what}”.", { what: String(action.type) });
  const made = step(state, action, shop);
  return isRefused(made) ? made : Object.freeze(made);
}

/**
 * @param {Basket} state
 * @param {object} shop
 * @returns {number} what it comes to with VAT, before cash rounding
 */
export function basketSum(state, shop) {
  return grossSum(state.lines, shop.settings.prices_include_vat);
}

/**
 * @param {unknown} text
 * @param {number} most characters
 * @returns {string} without half characters, cut to what an entry may hold
 */
function clipped(text, most) {
  const whole = String(text ?? "").replace(/\p{Surrogate}/gu, "\ufffd");
  return whole.length <= most ? whole : [...whole].slice(0, most).join("");
}

// Lines --------------------------------------------------------------------------------------------

function signed(state, quantity) {
  return state.kind === "refund" ? -Math.abs(quantity) : quantity;
}

/** The line with its amount; a refusal where it would be no line. */
function reckoned(line) {
  if (!Number.isSafeInteger(line.quantity) || line.quantity === 0) return refuse("no-quantity", "Type how many.");
  if (Math.abs(line.quantity) > QUANTITY_MAX) return refuse("quantity-too-large", "That is more than one sale can hold.");
  if (!Number.isSafeInteger(line.unit_price)) return refuse("no-price", "{what} has no price: type it.", { what: line.name });
  if (Math.abs(line.unit_price) > PRICE_MAX) return refuse("price-too-large", "That price is too large.");
  if (!Number.isSafeInteger(line.vat_ppm)) return refuse("no-rate", "{what} has no VAT rate: choose one.", { what: line.name });
  const amount_minor = lineAmount(line.quantity, line.unit_price) - line.discount_minor;
  return Math.abs(amount_minor) > AMOUNT_MAX ? refuse("price-too-large", "That price is too large.") : { ...line, amount_minor };
}

function withLine(state, line) {
  const made = reckoned(line);
  if (isRefused(made)) return made;
  if (state.lines.length >= LINES_MAX) return refuse("too-many-lines", "One sale holds {n} lines: start another.", { n: LINES_MAX });
  return { ...state, lines: [...state.lines, { ...made, key: state.next_key }], next_key: state.next_key + 1 };
}

function add(state, { item, quantity = 1_000, unit_price, is_fixed = false }) {
  const price = unit_price ?? item.unit_price;
  const line = {
    key: 0, item: item.code, name: clipped(item.name || item.code, NAME_LENGTH_MAX), quantity: signed(state, quantity),
    unit_price: price, vat_ppm: item.vat_ppm, discount_minor: 0, amount_minor: 0, list_price: item.unit_price,
    unit: item.unit ?? "", is_fixed, of_line: null,
  };
  const last = state.lines.at(-1); // A second scan in a row is one more of the same; further up it would move what is in sight.
  if (last && joins(last, line)) return changed(state, last.key, { quantity: last.quantity + line.quantity });
  return withLine(state, line);
}

function joins(last, line) {
  const alike = ["item", "name", "unit_price", "list_price", "vat_ppm"].every((one) => last[one] === line[one]);
  const isWhole = last.quantity % 1_000 === 0 && line.quantity % 1_000 === 0 && last.quantity > 0 === line.quantity > 0;
  return alike && isWhole && line.item !== "" && !last.is_fixed && !line.is_fixed && last.discount_minor === 0;
}

function addFree(state, { name, unit_price, vat_ppm, quantity = 1_000 }) {
  const text = clipped(name, NAME_LENGTH_MAX).trim();
  if (!text) return refuse("no-name", "Type what it is: it stands on the receipt.");
  return withLine(state, {
    key: 0, item: "", name: text, quantity: signed(state, quantity), unit_price, vat_ppm, discount_minor: 0, amount_minor: 0,
    list_price: null, unit: "", is_fixed: false, of_line: null,
  });
}

function changed(state, key, change) {
  const place = state.lines.findIndex((line) => line.key === key);
  if (place < 0) return refuse("no-line", "That line is not there any more.");
  const made = reckoned({ ...state.lines[place], ...change });
  return isRefused(made) ? made : { ...state, lines: replaced(state.lines, place, made) };
}

function replaced(lines, place, made) {
  const copy = lines.slice();
  copy[place] = made;
  return copy;
}

function edited(state, key, change) {
  const line = state.lines.find((one) => one.key === key);
  if (!line) return refuse("no-line", "That line is not there any more.");
  if (line.is_fixed) return refuse("line-fixed", "{what} is as its label or its sale says. Remove it and add it anew.", { what: line.name });
  return changed(state, key, change(line));
}

function setQuantity(state, { key, quantity }) {
  return edited(state, key, (line) => ({ quantity: signed(state, quantity), discount_minor: keptDiscount(line, signed(state, quantity)) }));
}

/** A discount stays the same share of the line when its quantity changes. */
function keptDiscount(line, quantity) {
  if (line.discount_minor === 0 || !Number.isSafeInteger(quantity)) return 0;
  const before = BigInt(lineAmount(line.quantity, line.unit_price));
  if (before === 0n) return 0;
  const product = BigInt(line.discount_minor) * BigInt(lineAmount(quantity, line.unit_price));
  return Number(before > 0n ? divideRounded(product, before) : divideRounded(-product, -before));
}

function setPrice(state, { key, unit_price }) {
  return edited(state, key, () => ({ unit_price, discount_minor: 0 }));
}

function discount(state, { key, discount_minor, share_ppm }) {
  const line = state.lines.find((one) => one.key === key);
  const full = line ? lineAmount(line.quantity, line.unit_price) : 0;
  const wanted = share_ppm === undefined ? Math.abs(discount_minor) : Math.abs(shareOf(full, share_ppm));
  if (!Number.isSafeInteger(wanted)) return refuse("no-sum", "Type a sum.");
  if (wanted > Math.abs(full)) return refuse("more-than-price", "The discount is larger than the price.");
  return edited(state, key, () => ({ discount_minor: full < 0 ? -wanted || 0 : wanted }));
}

function discountAll(state, { share_ppm }) {
  let made = state;
  for (const line of state.lines) {
    if (line.is_fixed && state.kind === "refund") continue;
    const full = lineAmount(line.quantity, line.unit_price);
    made = changed(made, line.key, { discount_minor: shareOf(full, share_ppm) });
    if (isRefused(made)) return made;
  }
  return made;
}

function remove(state, { key }) {
  const lines = state.lines.filter((line) => line.key !== key);
  return lines.length === state.lines.length ? refuse("no-line", "That line is not there any more.") : { ...state, lines };
}

// Head ---------------------------------------------------------------------------------------------

function setCustomer(state, { customer }) {
  if (customer === null && state.tenders.some((one) => one.kind === "account")) {
    return refuse("no-account", "It is paid on account: take that payment back first.");
  }
  return { ...state, customer };
}

function setKind(state, { kind }) {
  if (kind === state.kind) return state;
  if (state.lines.length || state.tenders.length) return refuse("not-empty", "There is something in the basket: finish or park it first.");
  return { ...state, kind };
}

function takeQuote(state, { code, entry = null, customer = null, lines }) {
  if (state.lines.length || state.kind !== "sale") return refuse("not-empty", "There is something in the basket: finish or park it first.");
  let made = { ...state, quote: code, quote_entry: entry, customer: state.customer ?? customer };
  for (const line of lines) {
    made = withLine(made, {
      key: 0, item: line.item, name: clipped(line.name || line.item, NAME_LENGTH_MAX), quantity: line.quantity, unit_price: line.unit_price,
      vat_ppm: line.vat_ppm, discount_minor: line.discount_minor ?? 0, amount_minor: 0, list_price: line.unit_price, unit: "",
      is_fixed: false, of_line: null,
    });
    if (isRefused(made)) return made;
  }
  return made;
}

function takeBack(state, { original, picks, earlier }) {
  if (state.kind !== "refund" || (state.lines.length && state.original === null)) {
    return refuse("not-empty", "There is something in the basket: finish or park it first.");
  }
  const back = refundLines(original, picks, earlier);
  if (isRefused(back)) return back;
  if (back.notices.length) return back.notices[0];
  let next_key = state.next_key;
  const lines = back.lines.map((line) => ({ ...line, key: next_key++, list_price: null, unit: "", is_fixed: true }));
  const customer = state.customer ?? (original.customer ? { code: original.customer, name: "", account: false, merged_into: null } : null);
  return { ...state, lines, next_key, customer, original: { entry: original.entry ?? null, number: original.number ?? null } };
}

// Payment ------------------------------------------------------------------------------------------

function tender(state, { kind, amount_minor = null, given_minor = null, reference = null }, shop) {
  if (!TENDER_KINDS.includes(kind)) return refuse("unknown-tender", "The till does not know that way to pay.");
  if (state.kind === "quote") return refuse("quote-unpaid", "A quote is not paid: make a sale of it first.");
  if (!state.lines.length) return refuse("empty", "There is nothing in the basket.");
  if (state.tenders.length >= TENDERS_MAX) return refuse("too-many-tenders", "One sale holds {n} payments.", { n: TENDERS_MAX });
  if (kind === "account" && !state.customer?.account) {
    return refuse("no-account", "Only a customer with an account buys on account: choose one first.");
  }
  const total = basketSum(state, shop);
  if (total === 0) return refuse("nothing-due", "There is nothing to pay.");
  const { due_minor } = settle(total, state.tenders, shop.settings.cash_rounding_minor);
  if (due_minor === 0) return refuse("nothing-due", "It is paid already.");
  const sign = due_minor < 0 ? -1 : 1;
  if ((sign > 0) !== (total > 0) && kind !== "cash") return refuse("change-in-cash", "What is too much goes back in cash.");
  const made = kind === "cash" ? inCash(sign, amount_minor, given_minor) : sumOf(kind, due_minor, amount_minor);
  if (isRefused(made)) return made;
  const text = reference === null || reference === "" ? null : clipped(reference, NAME_LENGTH_MAX);
  return { ...state, tenders: [...state.tenders, { kind, ...made, reference: text }] };
}

/** Cash handed over may be too much; cash given back is what is left, or a part of it. */
function inCash(sign, amount, given) {
  if (given !== null && sign > 0) return given > 0 ? { amount_minor: null, given_minor: given } : refuse("no-sum", "Type a sum.");
  if (amount === null) return { amount_minor: null, given_minor: null };
  return amount === 0 ? refuse("no-sum", "Type a sum.") : { amount_minor: sign * Math.abs(amount), given_minor: null };
}

/** Everything but cash is exact; only a voucher may be worth more than is due. */
function sumOf(kind, due, amount) {
  if (amount === null) return { amount_minor: due, given_minor: null };
  if (amount === 0 || !Number.isSafeInteger(amount)) return refuse("no-sum", "Type a sum.");
  const exact = (due < 0 ? -1 : 1) * Math.abs(amount);
  if (Math.abs(exact) > Math.abs(due) && kind !== "voucher") {
    return refuse("more-than-due", "That is more than the {due_minor} that is due.", { due_minor: Math.abs(due) });
  }
  return { amount_minor: exact, given_minor: null };
}

function untender(state, { index }) {
  if (!(index in state.tenders)) return refuse("no-tender", "That payment is not there any more.");
  return { ...state, tenders: state.tenders.filter((_, place) => place !== index) };
}

function clear(state) {
  if (state.tenders.some((one) => one.kind !== "cash")) {
    return refuse("paid-in-part", "Something of it is paid: take the payments back first.");
  }
  return { ...newBasket(state.id, state.started_at, "sale"), next_key: state.next_key };
}

const STEPS = {
  add, add_free: addFree, quantity: setQuantity, price: setPrice, discount, discount_all: discountAll, remove,
  customer: setCustomer, note: (state, { note }) => ({ ...state, note: clipped(note, NOTE_LENGTH_MAX) }),
  grant: (state, { grant }) => ({ ...state, grant }), tender, untender, kind: setKind, quote: takeQuote, take_back: takeBack, clear,
};
