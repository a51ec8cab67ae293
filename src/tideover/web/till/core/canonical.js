/**
 * The exact bytes that are signed, and the hash that chains them: RFC 8785 canonical JSON of text and whole numbers.
 * Same vectors as journal/entry.py and journal/chain.py. Never changes a value to make it fit.
 * @module
 */
import { INT_MAX } from "./money.js";

export const SIGNED_BYTES_MAX = 2 ** 20;
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

/**
 * hash = SHA-256("tideover-1" ‖ prev ‖ u64be(seq) ‖ u64be(recorded_at) ‖ u32be(len(signed)) ‖ signed ‖ signature)
 * @param {Uint8Array} prev 32 bytes
 * @param {number} seq the box's, from 1
 * @param {number} recordedAt UTC ms, the box's clock
 * @param {Uint8Array} signed
 * @param {Uint8Array} signature 64 bytes, r‖s
 * @returns {Promise<Uint8Array>} 32 bytes
 */
export async function entryHash(prev, seq, recordedAt, signed, signature) {
  const numbers = new DataView(new ArrayBuffer(20));
  numbers.setBigUint64(0, BigInt(seq));
  numbers.setBigUint64(8, BigInt(recordedAt));
  numbers.setUint32(16, signed.length);
  const parts = [encoder.encode("tideover-1"), prev, new Uint8Array(numbers.buffer), signed, signature];
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

/**
 * @param {number} seq
 * @param {Uint8Array} hash
 * @returns {string} SEQ:HEX
 */
export function headText(seq, hash) {
  return `${seq}:${hex(hash)}`;
}

/**
 * @param {Uint8Array} bytes
 * @returns {string} lower case
 */
export function hex(bytes) {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {string} text
 * @returns {Uint8Array}
 */
export function fromHex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
