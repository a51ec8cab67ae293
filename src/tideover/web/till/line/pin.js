/* Who stands at the till. The box checks the PIN; with the box away the PIN travels beside the first entry, sealed so that
only the box can read it. It is never stored in the clear, and no hash of it ever comes here. */

import { base64, unbase64 } from "../store/device.js";
import { Away } from "./box.js";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const WRONG = "Name and PIN do not fit together.";
const FORGOTTEN = "Type the PIN once more. Forgotten? The owner sets a new one on the box's own screen, on the page 'Tills'.";
const asBytes = (text) => new TextEncoder().encode(text);

/** The box's word: {ok: true}, {ok: false, why: {code, message, hint}} or null while it is away. */
export async function check(box, name, pin) {
  try {
    const { status, body } = await box.unlessAway(box.call("POST", "/v1/till/pin", { name, pin }));
    if (status === 200) return body?.ok === false ? { ok: false, why: body } : { ok: true };
    if (status >= 500 || status === 404) return null;
    if (body.code === "pin-wrong") return { ok: false, why: { code: body.code, message: WRONG, hint: FORGOTTEN, status } };
    return { ok: false, why: { code: body.code, message: body.message, hint: body.hint, status } };
  } catch (error) {
    if (error instanceof Away) return null;
    throw error;
  }
}

/** A PIN that only the box can read, bound to this till and this entry. sealingKey: base64 SPKI of the box. */
export async function seal(sealingKey, till, entry, name, pin) {
  const box = await crypto.subtle.importKey("spki", unbase64(sealingKey), CURVE, true, []);
  const once = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", once.publicKey));
  const boxPoint = new Uint8Array(await crypto.subtle.exportKey("raw", box));
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: box }, once.privateKey, 256);
  const salt = Uint8Array.of(...point, ...boxPoint);
  const derive = { name: "HKDF", hash: "SHA-256", salt, info: asBytes("tideover-pin-1") };
  const secret = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const key = await crypto.subtle.deriveKey(derive, secret, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const how = { name: "AES-GCM", iv: nonce, additionalData: asBytes(`${till}|${entry}`) };
  const hidden = await crypto.subtle.encrypt(how, key, asBytes(JSON.stringify({ name, pin })));
  return base64(Uint8Array.of(...point, ...nonce, ...new Uint8Array(hidden)));
}

/** Somebody at the till whose PIN the box has not checked yet: holds it, in memory alone, until it has travelled. */
export class Unchecked {
  #pin;

  constructor(name, pin) {
    this.name = name;
    this.#pin = pin;
  }

  /** Asks the box now; as `check`. */
  ask(box) {
    return check(box, this.name, this.#pin);
  }

  /** Sealed for that entry; null where the box never gave its key. */
  seal(sealingKey, till, entry) {
    return sealingKey ? seal(sealingKey, till, entry, this.name, this.#pin) : Promise.resolve(null);
  }
}
