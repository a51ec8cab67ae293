/**
 * A receipt as rows: what the law asks for, in the shop's words, with nothing that could steer a printer or a page.
 * The twin of trade/receipt_parts.py: the same rows from the same entry (tests/vectors/receipt.json).
 * @module
 */
import { localDay, localTime } from "./days.js";
import { MINOR_PER_MAJOR, PRICE_SCALE, QUANTITY_SCALE, decimalText } from "./money.js";
import { byRate } from "./vat.js";

/**
 * @typedef {object} Row
 * @property {string} left
 * @property {string} [right]
 * @property {"name"|"middle"|"title"|"mark"|"head"|"rule"|"line"|"detail"|"total"|"pair"|"tax-head"|"tax"|"note"} style
 * @property {string[]} [cells] of tax rows: rate, net, tax, gross; left and right say the same in short
 */

/** English and Finnish, as words.fi.po has them; a receipt is whole where no catalogue could be fetched. */
export const WORDS = Object.freeze({
  sale: ["RECEIPT", "KUITTI"],
  refund: ["REFUND", "HYVITYS"],
  quote: ["QUOTE", "TARJOUS"],
  "tax-invoice": ["TAX INVOICE", "VEROLASKU (TAX INVOICE)"],
  copy: ["COPY", "KOPIO"],
  practice: ["PRACTICE - NOT A RECEIPT", "HARJOITUS - EI KUITTI"],
  outage: ["Recorded during an outage", "Kirjattu häiriön aikana"],
  number: ["No.", "Nro"],
  operator: ["Served by", "Myyjä"],
  slip: ["Slip", "Tosite"],
  original: ["Takes back", "Hyvitetään"],
  valid: ["Valid until", "Voimassa"],
  discount: ["discount", "alennus"],
  total: ["TOTAL", "YHTEENSÄ"],
  rounding: ["Cash rounding", "Käteispyöristys"],
  vat: ["VAT %", "ALV %"],
  net: ["Net", "Veroton"],
  tax: ["VAT", "Vero"],
  gst: ["GST %", "GST %"],
  "gst-tax": ["GST", "GST"],
  gross: ["Gross", "Verollinen"],
  given: ["Given", "Saatu"],
  change: ["Change", "Takaisin"],
  cash: ["Cash", "Käteinen"],
  card: ["Card", "Kortti"],
  account: ["On account", "Tilille"],
  transfer: ["Bank transfer", "Tilisiirto"],
  mobile: ["Mobile", "Mobiili"],
  voucher: ["Voucher", "Lahjakortti"],
  "number-FI": ["Business ID", "Y-tunnus"],
  "number-GB": ["VAT number", "ALV-numero"],
  "number-AU": ["ABN", "ABN"],
});

/**
 * @param {{kind: string, happened_at: number, operator: string|null, body: object}} entry a sale, refund or quote
 * @param {object} shop settings (particulars, country, zone), law.receipt_mark (the words of an outage that its law asks for; else our own), is_practice
 * @param {"en"|"fi"} language
 * @param {{is_copy?: boolean, in_outage?: boolean, original?: string|null}} [flags] original: the number of our own sale that it takes back
 * @returns {Row[]}
 */
export function receiptOf(entry, shop, language, flags = {}) {
  const words = speech(language);
  const rows = [...headOf(entry, shop, words, flags), rule()];
  for (const line of entry.body.lines) rows.push(...linesOf(line, words));
  rows.push(rule(), ...sumsOf(entry.body, words), ...taxesOf(entry.body, shop, words));
  if (plain(entry.body.note)) rows.push({ left: plain(entry.body.note), style: "note" });
  return rows;
}

function speech(language) {
  const place = language === "fi" ? 1 : 0;
  const decimal = (text) => (place ? text.replaceAll(".", ",") : text);
  return {
    language: place ? "fi" : "en",
    say: (word) => WORDS[word][place],
    decimal,
    money: (minor) => decimal(decimalText(minor, MINOR_PER_MAJOR, 2)),
    day: (iso) => (place ? iso.split("-").reverse().map((part, n) => (n < 2 ? String(Number(part)) : part)).join(".") : iso),
  };
}

function rule() {
  return { left: "", style: "rule" };
}

function middle(text, style) {
  return plain(text) ? [{ left: plain(text), style }] : [];
}

function headOf(entry, shop, words, flags) {
  const { settings } = shop;
  const { body } = entry;
  const title = words.say(entry.kind === "sale" && settings.country === "AU" && settings.business_id ? "tax-invoice" : entry.kind);
  const time = words.language === "fi" ? localTime(entry.happened_at, settings.time_zone).replace(":", ".") : localTime(entry.happened_at, settings.time_zone);
  const rows = [
    ...middle(settings.shop_name, "name"),
    ...settings.address.split("\n").flatMap((line) => middle(line, "middle")),
    ...middle(businessNumber(settings, words), "middle"),
    rule(),
    ...(shop.is_practice ? middle(words.say("practice"), "mark") : []),
    { left: flags.is_copy ? `${title} - ${words.say("copy")}` : title, style: "title" },
    { left: plain(`${words.say("number")} ${body.number}`), right: `${words.day(localDay(entry.happened_at, settings.time_zone))} ${time}`, style: "head" },
  ];
  const named = [["operator", entry.operator], ["slip", body.slip], ["original", body.original ?? flags.original], ["valid", body.valid_until && words.day(body.valid_until)]];
  for (const [word, value] of named) {
    if (value && value !== body.number) rows.push({ left: plain(`${words.say(word)}: ${value}`), style: "head" });
  }
  if (flags.in_outage) rows.push(...middle(shop.law.receipt_mark || words.say("outage"), "mark"));
  return rows;
}

/** With its name, unless the owner wrote it there. */
function businessNumber(settings, words) {
  const name = WORDS[`number-${settings.country}`] ?? [""];
  const given = plain(settings.business_id);
  const isNamed = !given || name.some((one) => given.toLowerCase().startsWith(one.toLowerCase()));
  return isNamed || !name[0] ? given : `${words.say(`number-${settings.country}`)} ${given}`;
}

function linesOf(line, words) {
  const rows = [{ left: plain(line.name || line.item), right: words.money(line.amount_minor), style: "line" }];
  if (line.quantity === QUANTITY_SCALE && !line.discount_minor) return rows;
  const parts = [words.decimal(`${decimalText(line.quantity, QUANTITY_SCALE, 0)} x ${decimalText(line.unit_price, PRICE_SCALE, 2)}`)];
  if (line.discount_minor) parts.push(`${words.say("discount")} ${words.money(-line.discount_minor)}`);
  rows.push({ left: parts.join(", "), style: "detail" });
  return rows;
}

function sumsOf(body, words) {
  const gross = byRate(body.lines, body.prices_include_vat).reduce((sum, one) => sum + one.gross_minor, 0);
  const rows = [{ left: `${words.say("total")} ${body.currency}`, right: words.money(gross), style: "total" }];
  if (body.rounding_minor) rows.push({ left: words.say("rounding"), right: words.money(-body.rounding_minor), style: "pair" });
  for (const { kind, amount_minor, reference, given_minor } of body.tenders ?? []) {
    const ofWhom = kind === "account" ? body.customer : null; // By number: the document holds no name.
    rows.push({ left: plain(`${words.say(kind)} ${reference || ofWhom || ""}`), right: words.money(amount_minor), style: "pair" });
    if (given_minor === null || given_minor === amount_minor) continue;
    rows.push({ left: words.say("given"), right: words.money(given_minor), style: "detail" });
    rows.push({ left: words.say("change"), right: words.money(given_minor - amount_minor), style: "detail" });
  }
  return rows;
}

function taxesOf(body, shop, words) {
  const isGst = shop.settings.country === "AU";
  const rateName = words.say(isGst ? "gst" : "vat");
  const tax = words.say(isGst ? "gst-tax" : "tax");
  const rows = [rule(), { left: rateName, style: "tax-head", right: tax, cells: [rateName, words.say("net"), tax, words.say("gross")] }];
  for (const { vat_ppm, gross_minor, vat_minor } of byRate(body.lines, body.prices_include_vat)) {
    const rate = words.decimal(decimalText(vat_ppm, 10_000, 0));
    const cells = [rate, words.money(gross_minor - vat_minor), words.money(vat_minor), words.money(gross_minor)];
    rows.push({ left: `${rateName.replace(/ %$/, "")} ${rate} %`, style: "tax", right: cells[2], cells });
  }
  return rows;
}

/**
 * @param {unknown} text
 * @returns {string} without anything that a printer or a screen would obey: control, format and private characters
 */
export function plain(text) {
  const spaced = String(text ?? "").replace(/[\t\r\n]/g, " ").replace(/\p{C}/gu, "");
  return spaced.normalize("NFC").split(/\s+/u).filter(Boolean).join(" ");
}
