// Opens the sealed part with the pass-phrase: PBKDF2-SHA-256, AES-256-GCM, then unpacked. Nothing of it is kept or sent.
"use strict";
const Opening = (() => {
  class Fault extends Error {} // Its message is the key of a text in both languages.

  const bytesOf = (base64) => {
    try {
      return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    } catch {
      throw new Fault("damaged");
    }
  };
  const hexOf = (bytes) => Array.from(new Uint8Array(bytes), (one) => one.toString(16).padStart(2, "0")).join("");
  const isAble = () => Boolean(globalThis.crypto?.subtle) && typeof BigInt === "function";

  // The sealed part as it stands in the page; a file that was cut off has none, or an unfinished one.
  const sealedIn = (page) => {
    try {
      if (!page.getElementById("whole")) throw new Fault("unwhole");
      return JSON.parse(page.getElementById("sealed").textContent);
    } catch {
      throw new Fault("unwhole");
    }
  };
  // Capital letters, hyphens and extra blanks do not matter: a phone's keyboard adds them by itself.
  const spoken = (phrase) => phrase.normalize("NFKC").toLowerCase().replace(/[\s\-\u2010-\u2015]+/gu, " ").trim();

  const unseal = async (sealed, phrase) => {
    if (!isAble()) throw new Fault("unable");
    const content = bytesOf(sealed.content), encoder = new TextEncoder(), subtle = crypto.subtle;
    if (hexOf(await subtle.digest("SHA-256", content)) !== sealed.sha256) throw new Fault("damaged");
    const secret = await subtle.importKey("raw", encoder.encode(spoken(phrase)), "PBKDF2", false, ["deriveKey"]);
    const stretched = { name: "PBKDF2", hash: "SHA-256", salt: bytesOf(sealed.salt), iterations: sealed.rounds };
    const key = await subtle.deriveKey(stretched, secret, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
    const bound = encoder.encode(`${sealed.format} ${sealed.rounds} ${sealed.made} ${sealed.destroy_by}`);
    try {
      return await subtle.decrypt({ name: "AES-GCM", iv: bytesOf(sealed.nonce), additionalData: bound }, key, content);
    } catch {
      throw new Fault("wrong");
    }
  };
  const unpacked = async (packed) => {
    if (typeof DecompressionStream !== "function") return Inflate.zlib(new Uint8Array(packed));
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
  };
  const open = async (sealed, phrase) => JSON.parse(new TextDecoder().decode(await unpacked(await unseal(sealed, phrase))));

  return { Fault, isAble, sealedIn, spoken, open };
})();
