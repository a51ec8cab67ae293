/* The till's own memory: one IndexedDB database, opened through Dexie, and where the browser can, its twin (see twin.js).

A write counts only when its transaction is complete and on stable storage (`durability: "strict"`): browsers say
"complete" earlier by default. A connection that the browser has dropped is opened anew; nothing is ever deleted here. */

import Dexie from "../vendor/dexie.js";
import { beside, counted } from "./twin.js";

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

/** One database by that name; rejects where the browser refuses. factory: another IndexedDB than the page's own. */
async function opened(name, factory) {
  const elsewhere = factory && { indexedDB: factory, IDBKeyRange };
  const dexie = new Dexie(name, { chromeTransactionDurability: "strict", autoOpen: false, ...elsewhere });
  for (const [number, tables] of Object.entries(VERSIONS)) dexie.version(Number(number)).stores(tables);
  return dexie.open();
}

export class Store {
  #open = null; // A promise of {main, twin}.
  #hasTwin = false;

  constructor(name = NAME) {
    this.name = name;
  }

  /** Opens the database; rejects where the browser refuses. */
  open() {
    if (this.#open === null) {
      const opening = this.#opened();
      opening.catch(() => this.#drop(opening));
      this.#open = opening;
    }
    return this.#open;
  }

  /** From now on everything is written twice, and a memory that is behind its twin is made like it. For the live tab alone. */
  async keepTwin() {
    if (this.#hasTwin) return;
    const at = await this.open();
    at.twin = await this.#beside(at.main);
    this.#hasTwin = true;
  }

  close() {
    this.#drop(this.#open);
  }

  /** Closes what was opened, unless it has been opened anew since. */
  #drop(opening) {
    opening?.then(({ main, twin }) => [main, twin].forEach((one) => one?.close()), () => null);
    if (this.#open === opening) this.#open = null;
  }

  async #opened() {
    const main = await opened(this.name);
    return { main, twin: this.#hasTwin ? await this.#beside(main) : null };
  }

  #beside(main) {
    return beside(main, (factory) => opened(this.name, factory));
  }

  /** Runs `work(db)` in one writing transaction over `tables`; resolves when it is complete, with what `work` returned.
   * `work` awaits nothing but the database, and may run twice: it looks before it writes. */
  write(tables, work) {
    return this.#run(async (at) => {
      const done = await counted(at.main, tables, work);
      await this.#again(at, tables, work);
      return done;
    });
  }

  /** A sale that stands is not refused because its twin does not: then the till goes on alone until it is opened anew. */
  async #again(at, tables, work) {
    try {
      if (at.twin !== null) await counted(at.twin, tables, work);
    } catch (error) {
      console.warn("the till goes on without its second memory", error);
      at.twin = null;
    }
  }

  /** Runs `work(db)` in one reading transaction. */
  read(tables, work) {
    return this.#run(({ main }) => main.transaction("r!", tables, () => work(main)));
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
      const opening = this.open();
      try {
        return await work(await opening);
      } catch (error) {
        if (turn === TRIES || !isGone(error)) throw error;
        this.#drop(opening);
      }
    }
  }
}
