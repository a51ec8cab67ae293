/* The till's own memory: one IndexedDB database, opened through Dexie.

A write counts only when its transaction is complete and on stable storage (`durability: "strict"`): browsers say
"complete" earlier by default. A connection that the browser has dropped is opened anew; nothing is ever deleted here. */

import Dexie from "../vendor/dexie.js";

const NAME = "tideover-till";

/* Tables and their indexes. A later version may add; it never drops what an earlier one wrote. */
const VERSIONS = {
  1: {
    meta: "", // Single values under a name: current till, shop, clock, revisions.
    device: "till", // One per enrolment: keys, token, next numbers, the box's head.
    entry: "id, &[till+seq], [state+till+seq], state, number, trading_day", // What was signed; see queue.js.
    basket: "id, state", // The open one and the parked ones.
    shelf: "n", // The catalogue, cut into pieces; see shelves.js.
    secret: "name", // What is sealed under this browser's own key; see customers.js.
  },
};

const GONE = new Set(["DatabaseClosedError", "InvalidStateError", "UnknownError", "OpenFailedError", "MissingAPIError"]);
const TRIES = 3;

/** True for an error that says the connection died, not that the work was wrong. */
const isGone = (error) =>
  GONE.has(error?.name) || GONE.has(error?.inner?.name) || /connection|closing|database.*lost/i.test(String(error?.message));

/** True where the browser has no room left. */
export const isFull = (error) =>
  [error?.name, error?.inner?.name].includes("QuotaExceededError") || /quota/i.test(String(error?.message));

export class Store {
  #dexie = null;

  constructor(name = NAME) {
    this.name = name;
  }

  /** Opens the database; rejects where the browser refuses. */
  async open() {
    const dexie = new Dexie(this.name, { chromeTransactionDurability: "strict", autoOpen: false });
    for (const [number, tables] of Object.entries(VERSIONS)) dexie.version(Number(number)).stores(tables);
    await dexie.open();
    this.#dexie = dexie;
  }

  close() {
    this.#dexie?.close();
    this.#dexie = null;
  }

  /** Runs `work(db)` in one writing transaction over `tables`; resolves when it is complete, with what `work` returned.
   * `work` awaits nothing but the database, and may run twice: it looks before it writes. */
  write(tables, work) {
    return this.#run((db) => db.transaction("rw!", tables, () => work(db)));
  }

  /** Runs `work(db)` in one reading transaction. */
  read(tables, work) {
    return this.#run((db) => db.transaction("r!", tables, () => work(db)));
  }

  /** One value of `meta`, or undefined. */
  get(name) {
    return this.read(["meta"], (db) => db.meta.get(name));
  }

  /** Keeps values of `meta`, together. */
  put(values) {
    return this.write(["meta"], (db) => db.meta.bulkPut(Object.values(values), Object.keys(values)));
  }

  async #run(work) {
    for (let turn = 1; ; turn += 1) {
      try {
        if (this.#dexie === null) await this.open();
        return await work(this.#dexie);
      } catch (error) {
        if (turn === TRIES || !isGone(error)) throw error;
        this.close();
      }
    }
  }
}
