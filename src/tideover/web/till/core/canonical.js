/**
 * The exact bytes that are signed, and the hash that chains them: RFC 8785 canonical JSON of text and whole numbers.
 * Same vectors as journal/entry.py and journal/chain.py. Never changes a value to make it fit.
 * @module
 */
import { INT_MAX } from "./money.js";

const SIGNED_BYTES_MAX = 2 ** 20;
const ENTRY_KEYS = ["id", "kind", "version", "till", "till_seq", "happened_at", "trading_day", "operator", "refers_to", "body"];
const encoder = new TextEncoder();

/**
 * @param {unknown} value plain objects, arrays, strings, whole numbers, booleans, null
 * @returns {Uint8Array} RFC 8785, UTF-8
 * @throws {RangeError} for fractions, numbers beyond ±(2^53−1), half characters, keys outside ASCII, undefined
 */
export function canonical(value) {
  return encoder.encode(text(value));
}

function text(value) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") {
    if (/\p{Surrogate}/u.test(value)) throw new RangeError("a text holds half a character (lone surrogate)");
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || Math.abs(value) > INT_MAX) throw new RangeError(`${value} is not a whole number up to 2^53−1`);
    return String(value === 0 ? 0 : value);
  }
  if (Array.isArray(value)) return `[${value.map(text).join(",")}]`;
  if (typeof value === "object") {
    const keys = Object.keys(value).sort();
    for (const key of keys) if (!/^[\x00-\x7f]*$/.test(key)) throw new RangeError(`the key ${key} is not plain ASCII`);
    return `{${keys.map((key) => `${JSON.stringify(key)}:${text(value[key])}`).join(",")}}`;
  }
  throw new RangeError(`${typeof value} is not allowed, only text and whole numbers`);
}

/**
 * @param {object} entry the ten keys of an entry's signed part, each present
 * @returns {Uint8Array} the bytes to sign
 * @throws {RangeError} for a missing or further key, what `canonical` refuses, and more than SIGNED_BYTES_MAX bytes
 */
export function signedPart(entry) {
  for (const key of ENTRY_KEYS) if (!(key in entry)) throw new RangeError(`an entry without ${key}`);
  if (Object.keys(entry).length !== ENTRY_KEYS.length) throw new RangeError("an entry with a further key");
  const bytes = canonical(entry);
  if (bytes.length > SIGNED_BYTES_MAX) throw new RangeError(`an entry of ${bytes.length} bytes is too long`);
  return bytes;
}
