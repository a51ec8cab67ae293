/* Who this till is: the key that signs (it cannot be read out, not even by this page), the token, the next numbers, and
the head of the box's journal as the box gave it. One record per enrolment; an earlier one stays while it has entries. */

const SIGNING = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };
const PREFIX_MAX = 8;

/** Bytes as base64. */
export function base64(bytes) {
  let text = "";
  const view = new Uint8Array(bytes);
  for (let at = 0; at < view.length; at += 8192) text += String.fromCharCode(...view.subarray(at, at + 8192));
  return btoa(text);
}

/** Base64 as bytes. */
export const unbase64 = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));

/** A fresh key pair and its public half as base64 SPKI. */
export async function makeKeys() {
  const keys = await crypto.subtle.generateKey(SIGNING, false, ["sign", "verify"]);
  return { keys, spki: base64(await crypto.subtle.exportKey("spki", keys.publicKey)) };
}

/** 64 bytes, r then s. */
export async function sign(device, bytes) {
  return new Uint8Array(await crypto.subtle.sign(SIGNATURE, device.keys.privateKey, bytes));
}

/** What stands before the numbers of this enrolment's receipts; the box's word, else one of our own. */
function prefixOf(told, name) {
  if (/^[A-Z0-9]{1,8}$/i.test(told.prefix ?? "")) return told.prefix;
  const letters = name.normalize("NFD").replace(/[^A-Za-z0-9]/g, "").toUpperCase();
  return letters.slice(0, PREFIX_MAX - 3) + told.till.slice(-3).toUpperCase();
}

/** The record of a new enrolment, as the box answered it. */
export function deviceOf(told, name, keys, now) {
  return {
    till: told.till,
    name,
    token: told.token,
    keys,
    prefix: prefixOf(told, name),
    enrolled_at: now,
    next_seq: told.next_seq ?? 1,
    next_number: 1, // Of receipts …
    next_quote: 1, // … and of quotes.
    head: told.head,
    head_proof: told.head_proof,
    ended: null, // {why, text, hint} once it may not sign any more.
  };
}

/** The device in use, or null before the first enrolment. */
export function current(store) {
  return store.read(["meta", "device"], async (db) => {
    const till = await db.meta.get("till");
    return (till && (await db.device.get(till))) || null;
  });
}

/** All enrolments this browser has had, oldest first. */
export const all = (store) => store.read(["device"], (db) => db.device.toCollection().sortBy("enrolled_at"));

/** Keeps a new enrolment, which is the one in use from then on. */
export function keep(store, device) {
  return store.write(["meta", "device"], async (db) => {
    await db.device.put(device);
    await db.meta.put(device.till, "till");
  });
}

/** Changes fields of a device that the page alone decides: never its numbers. */
export function note(store, till, changes) {
  return store.write(["device"], (db) => db.device.update(till, changes));
}
