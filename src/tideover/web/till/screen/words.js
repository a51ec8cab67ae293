/**
 * What people read at the till, in their language: texts by catalogue, and money, quantities, rates, ages and times as
 * they are written there. English is the key; a text without Finnish is shown in English rather than not at all.
 * Never decides what is said, only how; never computes money.
 */

import { MINOR_PER_MAJOR, PRICE_SCALE, QUANTITY_SCALE, RATE_SCALE, parse, show, showNumber } from "../core/money.js";

const NBSP = "\u00a0";
export const LANGUAGES = ["en", "fi"];

const spoken = { language: "en", texts: {}, currency: "EUR", zone: undefined };

/** Sets the reader's language; the texts of another than English are fetched once (they lie in the till's cache). */
export async function speak(language, shop = {}) {
  const wanted = LANGUAGES.includes(language) ? language : "en";
  if (wanted !== "en" && spoken.language !== wanted) {
    const answer = await fetch(new URL(`../words.${wanted}.json`, import.meta.url));
    spoken.texts = answer.ok ? await answer.json() : {};
  } else if (wanted === "en") {
    spoken.texts = {};
  }
  spoken.language = wanted;
  settle(shop);
  document.documentElement.lang = wanted;
}

/** The shop's currency and zone: numbers follow the reader, times follow the shop. */
export function settle(shop) {
  spoken.currency = shop?.currency || spoken.currency;
  spoken.zone = shop?.time_zone || spoken.zone;
}

export const language = () => spoken.language;
export const decimalSign = () => (spoken.language === "fi" ? "," : ".");

/** The text in the reader's language, its {facts} filled in. */
export function say(text, facts) {
  const said = spoken.texts[text] ?? text;
  return facts ? said.replace(/\{(\w+)\}/g, (whole, name) => (name in facts ? String(facts[name]) : whole)) : said;
}

/** 123456 as 1,234.56 or 1 234,56. */
export const plainMoney = (minor) => show(minor, spoken.language);

/** A sum with its currency, as the reader writes it. */
export const money = (minor) => show(minor, spoken.language, spoken.currency);

/** A unit price: 19900 as 1.99, 12345 as 1.2345. */
export const unitPrice = (price) => showNumber(price, PRICE_SCALE, 2, spoken.language);

/** 1500 as 1.5; 2000 as 2. */
export const quantity = (thousandths) => showNumber(thousandths, QUANTITY_SCALE, 0, spoken.language);

/** 255000 as 25.5 %. */
export const rate = (ppm) => `${showNumber(ppm, RATE_SCALE / 100, 0, spoken.language)}${NBSP}%`;

/** How long ago, in the one word that matters. */
export function age(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 90) return say("{n} s", { n: seconds });
  if (seconds < 90 * 60) return say("{n} min", { n: Math.floor(seconds / 60) });
  if (seconds < 48 * 3600) return say("{n} h", { n: Math.floor(seconds / 3600) });
  return say("{n} days", { n: Math.floor(seconds / 86_400) });
}

/** Time of day in the shop's zone; with the date where it is another day than `now`'s. */
export function clock(ms, now = ms) {
  const parts = partsOf(ms);
  const time = `${parts.hour}${spoken.language === "fi" ? "." : ":"}${parts.minute}`;
  const today = partsOf(now);
  if (today.day === parts.day && today.month === parts.month) return time;
  return `${Number(parts.day)}.${Number(parts.month)}. ${time}`;
}

function partsOf(ms) {
  const form = { hour: "2-digit", minute: "2-digit", day: "2-digit", month: "2-digit", hourCycle: "h23", timeZone: spoken.zone };
  return Object.fromEntries(new Intl.DateTimeFormat("en-GB", form).formatToParts(ms).map((part) => [part.type, part.value]));
}

/** 2026-11-20 as the reader writes a day. */
export function day(iso) {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(iso ?? "");
  return found && spoken.language === "fi" ? `${Number(found[3])}.${Number(found[2])}.${found[1]}` : (iso ?? "");
}

/** A count with its thing: one("1 item", "{n} items", 3). */
export const counted = (one, many, n) => (n === 1 ? say(one) : say(many, { n }));

const TENDERS = {
  cash: "Cash", card: "Card", account: "On account", transfer: "Bank transfer", mobile: "Mobile", voucher: "Voucher",
};

/** The name of a way to pay. */
export const tender = (kind) => say(TENDERS[kind] ?? kind);

/**
 * What was typed as a number, in thousandths, minor units or any scale; null where it is none, has too many decimals,
 * or is larger than the till takes.
 */
export function typed(text, scale, most = 999_999_999_999) {
  return parse(text, String(scale).length - 1, { max: most }).value ?? null;
}

export const SCALES = { MINOR: MINOR_PER_MAJOR, PRICE: PRICE_SCALE, QUANTITY: QUANTITY_SCALE };
