/**
 * The till's catalogue: an item by its barcode, its code, or what a cashier types; 50,000 of them between two key presses.
 *
 * A word is found by its beginning, and where few are, from within (leipä in ruisleipä). å, ä and ö may be typed or not; who
 * types them sees those with them first. Never offers an item that the cloud put away, but finds it by its code.
 * @module
 */
import { normalBarcode, weighed } from "./barcode.js";

const ACCENTS = /\p{M}/gu;
const WORD = /[\p{L}\p{N}]+/gu;
const ASCII_WORD = /[a-z0-9]+/g;
const ASCII = /^[\x00-\x7f]*$/;
const DIGIT = /[0-9]/;
const EAN_13 = /^[0-9]{13}$/;
const INSIDE_LENGTH_MIN = 3;
const QUERY_LENGTH_MAX = 100;
const TOKENS_MAX = 6;
const CHANGED_MAX = 1_000; // More than these are put into the index.

/**
 * @param {string} text
 * @returns {string} lower case without accents; å ä ö kept, one blank between words
 */
export function fold(text) {
  const lower = text.toLowerCase();
  if (ASCII.test(lower)) return lower.trim();
  let made = "";
  for (const letter of lower.normalize("NFC")) {
    made += letter === "å" || letter === "ä" || letter === "ö" ? letter : letter <= "\u007f" ? letter : letter.normalize("NFKD").replace(ACCENTS, "");
  }
  return made.replaceAll("ß", "ss").trim();
}

/**
 * @param {string} folded
 * @returns {string} å ä ö as a o
 */
export function bare(folded) {
  return ASCII.test(folded) ? folded : folded.replace(/[åä]/g, "a").replaceAll("ö", "o");
}

function wordsOf(text) {
  return text.match(ASCII.test(text) ? ASCII_WORD : WORD) ?? [];
}

/**
 * @typedef {{item: object, quantity: number|null, by: "barcode"|"weight"|"code", others: object[]}} Hit quantity in thousandths
 *   where a label says it; others: further items with the same barcode
 */
export class Catalogue {
  /**
   * @param {object[]} items model/item.py Item, further fields kept as they are
   * @param {{country?: string}} [shop] for weight labels
   */
  constructor(items, { country = "" } = {}) {
    this.country = country;
    this.byKey = new Map(); // Item code to item.
    this.codes = null; // Folded code to item code, once somebody types one otherwise than it is written.
    this.barcodes = new Map(); // Barcode to item code, or several.
    this.index = null;
    this.changed = new Map(); // Code of what changed since the index was built, to what it is searched by; null: is not offered.
    for (const item of items) this.#put(item);
  }

  /** @returns {number} items, those put away too */
  get size() {
    return this.byKey.size;
  }

  /**
   * @param {string} code
   * @returns {object|null} the item with exactly that code
   */
  get(code) {
    return this.byKey.get(code) ?? null;
  }

  /**
   * @param {string} text as scanned or typed: a barcode, a weight label, an item's code
   * @returns {Hit|null}
   */
  byCode(text) {
    const scanned = normalBarcode(text);
    if (!scanned) return null;
    const found = this.#withBarcode(scanned);
    if (found.length) return { item: found[0], quantity: null, by: "barcode", others: found.slice(1) };
    const label = weighed(scanned, this.country);
    for (const code of label?.codes ?? []) {
      const [item, ...others] = this.#withBarcode(code);
      if (item) return { item, quantity: label.quantity, by: "weight", others };
    }
    const item = this.byKey.get(text.trim()) ?? this.byKey.get(this.#folded().get(fold(text)));
    return item ? { item, quantity: null, by: "code", others: [] } : null;
  }

  /**
   * @param {string} text what was typed so far
   * @param {number} [limit]
   * @returns {object[]} items that hold every word by its beginning, the best first; [] for nothing typed
   */
  search(text, limit = 20) {
    const typed = fold(text.slice(0, QUERY_LENGTH_MAX));
    const tokens = wordsOf(typed).slice(0, TOKENS_MAX);
    if (!tokens.length) return [];
    this.prepare();
    const found = new Set();
    const exact = this.byCode(text)?.item;
    if (exact && !exact.archived) found.add(exact);
    this.#collect({ typed, tokens, limit }, false, found);
    if (found.size < limit && tokens.every((token) => token.length >= INSIDE_LENGTH_MIN)) this.#collect({ typed, tokens, limit }, true, found);
    return [...found].slice(0, limit);
  }

  /** Adds what holds every token by a word's beginning (or from within), of the index and of what changed since, best first. */
  #collect(query, isInside, found) {
    const rows = this.index.best(query, isInside, this.changed);
    for (const one of this.changed.values()) {
      const holds = (token) => one.words.some((word) => (isInside ? word.includes(token) : word.startsWith(token)));
      if (one && query.tokens.every((token) => holds(bare(token)))) rows.push({ ...one, rank: rankOf(one.name, one.bareName, query) });
    }
    rows.sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    for (const { item } of rows) if (found.size < query.limit) found.add(item);
  }

  /** Builds the index for `search` now (idle time); else the first search does. */
  prepare() {
    if (this.index && this.changed.size <= CHANGED_MAX) return;
    this.index = new Index([...this.byKey.values()].filter((item) => !item.archived));
    this.changed = new Map();
  }

  /**
   * @param {{rows?: object[], gone?: string[]}} changes items as they are now, and codes that are no more
   */
  update({ rows = [], gone = [] }) {
    for (const code of [...gone, ...rows.map((item) => item.code)]) {
      this.#drop(code);
      if (this.index) this.changed.set(code, null);
    }
    for (const item of rows) {
      this.#put(item);
      if (this.index && !item.archived) this.changed.set(item.code, searched(item));
    }
  }

  #put(item) {
    this.byKey.set(item.code, item);
    if (this.codes && !this.codes.has(fold(item.code))) this.codes.set(fold(item.code), item.code);
    for (const barcode of item.barcodes ?? []) {
      const key = keyOf(barcode);
      const there = this.barcodes.get(key);
      if (there === undefined) this.barcodes.set(key, item.code);
      else if (typeof there === "string" ? there !== item.code : !there.includes(item.code)) this.barcodes.set(key, [].concat(there, item.code));
    }
  }

  #drop(code) {
    const item = this.byKey.get(code);
    if (!item) return;
    this.byKey.delete(code);
    if (this.codes?.get(fold(code)) === code) this.codes.delete(fold(code));
    for (const barcode of item.barcodes ?? []) {
      const left = [].concat(this.barcodes.get(keyOf(barcode)) ?? []).filter((one) => one !== code);
      if (left.length) this.barcodes.set(keyOf(barcode), left.length === 1 ? left[0] : left);
      else this.barcodes.delete(keyOf(barcode));
    }
  }

  #folded() {
    if (!this.codes) {
      this.codes = new Map();
      for (const code of this.byKey.keys()) if (!this.codes.has(fold(code))) this.codes.set(fold(code), code);
    }
    return this.codes;
  }

  #withBarcode(scanned) {
    const items = [].concat(this.barcodes.get(keyOf(scanned)) ?? []).map((code) => this.byKey.get(code));
    return items.sort((a, b) => Number(Boolean(a.archived)) - Number(Boolean(b.archived)));
  }
}

/** As scanners differ about it: 14 digits; anything else as it stands. */
function keyOf(barcode) {
  if (EAN_13.test(barcode)) return `0${barcode}`;
  const scanned = normalBarcode(barcode);
  return /^(?:[0-9]{8}|[0-9]{12,14})$/.test(scanned) ? scanned.padStart(14, "0") : scanned;
}

/** Every word that an item is found by: of its name, its code, its department and its barcodes. */
function itemWords(bareName, { code, department, barcodes }) {
  const words = wordsOf(bareName);
  words.push(...wordsOf(bare(fold(code))));
  if (department) words.push(...wordsOf(bare(fold(department))));
  for (const barcode of barcodes ?? []) words.push(...wordsOf(barcode.toLowerCase()));
  return words;
}

function searched(item) {
  const name = fold(item.name);
  const bareName = bare(name);
  return { item, name, bareName, words: itemWords(bareName, item) };
}

/** Words in order, and for each the items that hold it: a beginning is one stretch of both. Items stand in the order of their names. */
class Index {
  constructor(items) {
    const folded = items.map((item) => fold(item.name));
    const order = [...items.keys()].sort((a, b) => (folded[a] < folded[b] ? -1 : folded[a] > folded[b] ? 1 : 0));
    this.items = order.map((place) => items[place]);
    this.names = order.map((place) => folded[place]);
    this.bares = this.names.map(bare);
    const holders = new Map();
    this.items.forEach((item, rank) => {
      for (const word of itemWords(this.bares[rank], item)) {
        const held = holders.get(word);
        if (held === undefined) holders.set(word, rank); // Most words are a code or a barcode: one item holds them.
        else if (typeof held === "number") held === rank || holders.set(word, [held, rank]);
        else if (held[held.length - 1] !== rank) held.push(rank);
      }
    });
    this.words = [...holders.keys()].sort();
    this.inside = [...this.words.keys()].filter((n) => !DIGIT.test(this.words[n])); // Nobody looks for the middle of a number.
    this.starts = new Int32Array(this.words.length + 1);
    const lists = this.words.map((word) => holders.get(word));
    lists.forEach((held, n) => (this.starts[n + 1] = this.starts[n] + (typeof held === "number" ? 1 : held.length)));
    this.holders = new Int32Array(this.starts[this.words.length]);
    lists.forEach((held, n) => (typeof held === "number" ? (this.holders[this.starts[n]] = held) : this.holders.set(held, this.starts[n])));
    this.marks = new Uint8Array(this.items.length);
  }

  /** Per item how many of the tokens it holds, counted in their order: all of them where the mark is their number. */
  marked(tokens) {
    this.marks.fill(0);
    tokens.forEach((token, n) => {
      const [low, high] = this.range(token);
      this.mark(this.starts[low], this.starts[high], n);
    });
    return this.marks;
  }

  markedInside(tokens) {
    this.marks.fill(0);
    tokens.forEach((token, n) => {
      const [low, high] = this.range(token);
      this.mark(this.starts[low], this.starts[high], n);
      for (const word of this.inside) if (this.words[word].includes(token)) this.mark(this.starts[word], this.starts[word + 1], n);
    });
    return this.marks;
  }

  mark(from, to, n) {
    const { marks, holders } = this;
    for (let place = from; place < to; place += 1) if (marks[holders[place]] === n) marks[holders[place]] = n + 1;
  }

  range(token) {
    const low = lowest(this.words, token);
    return [low, lowest(this.words, `${token}\uffff`)];
  }

  /** The first of each rank that hold every token, as many as are asked for; of those that did not change since. */
  best(query, isInside, changed) {
    const { typed, tokens, limit } = query;
    const marks = isInside ? this.markedInside(tokens.map(bare)) : this.marked(tokens.map(bare));
    const rows = [];
    const left = [limit, limit, limit];
    const take = (place, rank) => {
      const item = this.items[place];
      if (left[rank] > 0 && !changed.has(item.code)) {
        left[rank] -= 1;
        rows.push({ item, name: this.names[place], rank });
      }
    };
    const first = lowest(this.names, typed);
    const last = lowest(this.names, `${typed}\uffff`);
    for (let place = first; place < last && left[0] > 0; place += 1) if (marks[place] === tokens.length) take(place, 0);
    for (let place = 0; place < marks.length && left[0] > 0 && left[1] > 0; place += 1) {
      if (marks[place] === tokens.length && (place < first || place >= last)) take(place, isAsTyped(this.names[place], this.bares[place], tokens) ? 1 : 2);
    }
    return rows;
  }
}

/** 0: the name begins so; 1: it holds the letters as they were typed; 2: but for dots. */
function rankOf(name, bareName, { typed, tokens }) {
  return name.startsWith(typed) ? 0 : isAsTyped(name, bareName, tokens) ? 1 : 2;
}

/** Also where another word than the name's holds a token, a code's for example. */
function isAsTyped(name, bareName, tokens) {
  return tokens.every((token) => name.includes(token) || (ASCII.test(token) && !bareName.includes(token)));
}

/** The first place in a sorted list whose text is not before the given one. */
function lowest(sorted, text) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
