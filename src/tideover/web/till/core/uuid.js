/**
 * UUIDv7 (RFC 9562) from a time and chance that others give: the id of an entry, made at the first key press.
 * @module
 */

/**
 * @param {number} ms UTC
 * @param {Uint8Array} randomBytes at least 10
 * @returns {string} lower case
 */
export function uuid7(ms, randomBytes) {
  if (randomBytes.length < 10) throw new RangeError("ten random bytes are needed");
  const time = BigInt(ms).toString(16).padStart(12, "0");
  if (ms < 0 || time.length > 12) throw new RangeError("that time is outside of what an id can hold");
  const chance = [...randomBytes.subarray(0, 10)];
  chance[0] = 0x70 | (chance[0] & 0x0f);
  chance[2] = 0x80 | (chance[2] & 0x3f);
  const hex = chance.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${time.slice(0, 8)}-${time.slice(8)}-${hex.slice(0, 4)}-${hex.slice(4, 8)}-${hex.slice(8)}`;
}
