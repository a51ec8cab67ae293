/* Customers in the till: code, name and whether they buy on account, nothing else, and no more of them than a till needs.

They are sealed under a key that this browser will not give out. That keeps them from somebody who copies the profile's
files to look for names; it does not stop a program that runs as this page on this machine. */

const MAX = 5_000;
const FOUND_MAX = 20;
const NAME = "customers";

const asText = (bytes) => new TextDecoder().decode(bytes);
const asBytes = (text) => new TextEncoder().encode(text);

async function keyOf(store) {
  const kept = await store.get("customers-key");
  if (kept) return kept;
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await store.put({ "customers-key": key });
  return key;
}

export class Customers {
  #list = null;

  constructor(store) {
    this.store = store;
  }

  /** What is kept, opened; empty where nothing is or where it cannot be opened any more. */
  async all() {
    if (this.#list !== null) return this.#list;
    const kept = await this.store.read(["secret"], (db) => db.secret.get(NAME));
    this.#list = kept ? await this.#opened(kept) : [];
    return this.#list;
  }

  async #opened(kept) {
    const key = await keyOf(this.store);
    try {
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: kept.nonce }, key, kept.sealed);
      return JSON.parse(asText(plain));
    } catch {
      return []; // They come again with the next pull.
    }
  }

  /** Takes a round of changes of the box's stream: {rows, gone, full, revision}. */
  async take({ rows, gone, full, revision }) {
    const known = new Map((full ? [] : await this.all()).map((one) => [one.code, one]));
    for (const { code, name, account, merged_into } of rows) known.set(code, { code, name, account, merged_into });
    for (const code of gone) known.delete(code);
    const list = [...known.values()].slice(0, MAX);
    const nonce = crypto.getRandomValues(new Uint8Array(12));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, await keyOf(this.store), asBytes(JSON.stringify(list)));
    await this.store.write(["secret", "meta"], async (db) => {
      await db.secret.put({ name: NAME, nonce, sealed: new Uint8Array(sealed) });
      await db.meta.put(revision, "customers-revision");
    });
    this.#list = list;
  }

  /** Those whose name or code holds every word of `text`, at most FOUND_MAX. */
  async search(text) {
    const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const fits = (one) => words.every((word) => `${one.name} ${one.code}`.toLocaleLowerCase().includes(word));
    return (await this.all()).filter((one) => !one.merged_into && fits(one)).slice(0, FOUND_MAX);
  }
}
