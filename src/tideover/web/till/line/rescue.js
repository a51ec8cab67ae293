/* When all else fails: what only this till has leaves it as a file or as QR codes that the box reads. Nothing is removed here
by that; the box's own answer settles an entry later, as always. */

import { base64 } from "../store/device.js";

const PIECE_CHARACTERS = 700; // Of a QR text: read at once by a telephone, in a good and in a bad light.

/** The rescue's text: {tideover_rescue, till, entries, pins}; one for each till that left entries here. rows: as stored. */
export function texts(rows) {
  const tills = [...new Set(rows.map((row) => row.till))];
  return tills.map((till) => {
    const own = rows.filter((row) => row.till === till);
    const entries = own.map((row) => ({ signed: base64(row.signed), signature: base64(row.signature) }));
    const pins = own.filter((row) => row.sealed).map((row) => ({ id: row.id, sealed: row.sealed }));
    return { till, n: own.length, text: JSON.stringify({ tideover_rescue: 1, till, entries, ...(pins.length && { pins }) }) };
  });
}

/** A rescue's text as QR texts: TIDE1:SUM:I/N:PIECE. */
export async function pieces(text) {
  const bytes = new TextEncoder().encode(text);
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).subarray(0, 4);
  const name = [...sum].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const packed = base64(await deflated(bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const n = Math.ceil(packed.length / PIECE_CHARACTERS);
  return Array.from({ length: n }, (_, at) => `TIDE1:${name}:${at + 1}/${n}:${packed.slice(at * PIECE_CHARACTERS, (at + 1) * PIECE_CHARACTERS)}`);
}

async function deflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Name of the file, safe everywhere. */
export function fileName(till, day) {
  return `tideover-${till.replace(/[^A-Za-z0-9]+/g, "-")}-${day}.json`;
}
