/* Takes unsent entries to the box, in their order, again and again until it has them. What was sent twice is answered
"exists" and changes nothing. An entry leaves the queue only by an answer of the box about that very entry. */

import * as device from "../store/device.js";
import * as queue from "../store/queue.js";
import { Away } from "./box.js";

const BATCH_MAX = 100;
const LIMIT_MS = 20_000; // Nobody waits for it; a box on a slow disk must still get its entries.
const FOR_GOOD = new Set(["bad-record", "bad-signature", "too-big", "not-allowed"]);

export class Push {
  #running = null;
  #again = false;
  #batch = BATCH_MAX;
  #told_no = new Set(); // Ids that were refused once; the second time counts.

  /** may(): true while this tab is the live one. on: {sent(), headOf(till, answer), ended(till, why), taken(till)}. */
  constructor(store, box, may, on) {
    this.store = store;
    this.box = box;
    this.may = may;
    this.on = on;
  }

  /** Sends what waits, unless it is at it already. Resolves when there is nothing more to do for now. */
  kick() {
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #run() {
    while (this.#again && this.may()) {
      this.#again = false;
      for (const till of await device.all(this.store)) {
        while (this.may() && (await this.#some(till.till)));
      }
    }
  }

  /** Sends one batch of a till; true if there may be more to send now. */
  async #some(id) {
    const rows = await queue.unsent(this.store, id, this.#batch);
    if (rows.length === 0) return false;
    const till = await this.store.read(["device"], (db) => db.device.get(id));
    const reply = await this.#sent(till, rows);
    if (reply === null) return false;
    if (reply.status !== 200) {
      await this.on.notTaken(till, reply);
      return false;
    }
    await this.on.headOf(till, reply.body);
    const more = await this.#sorted(till, rows, reply.body.answers);
    await this.on.sent();
    return more;
  }

  async #sent(till, rows) {
    const entries = rows.map((row) => ({ signed: device.base64(row.signed), signature: device.base64(row.signature) }));
    const pins = rows.filter((row) => row.sealed).map((row) => ({ id: row.id, sealed: row.sealed }));
    const body = { entries, ...headOf(till), ...(pins.length && { pins }) };
    try {
      const reply = await this.box.call("POST", "/v1/entries", body, { limit_ms: LIMIT_MS, token: till.token });
      this.#batch = Math.min(BATCH_MAX, this.#batch * 2);
      return reply;
    } catch (error) {
      if (!(error instanceof Away)) throw error;
      this.#batch = Math.max(1, this.#batch >> 1); // A smaller one gets through a line that cuts.
      return null;
    }
  }

  /** What became of each; true if the rest may be sent now. */
  async #sorted(till, rows, answers) {
    const has = answers.map((one, at) => [one, rows[at]]);
    await queue.taken(this.store, has.filter(([one]) => one.answer === "created" || one.answer === "exists").map(([, row]) => row.id));
    const first = has.find(([one]) => one.answer === "differs" || one.answer === "error");
    if (!first) return rows.length > 0;
    return this.#no(till, ...first);
  }

  async #no(till, answer, row) {
    const why = { code: answer.code, message: answer.message, hint: answer.hint };
    if (answer.code === "unknown-till") {
      await this.on.ended(till, why);
      return false;
    }
    if (answer.code === "till-gap" && answer.expected < row.seq) {
      const back = await queue.sendAgain(this.store, till.till, answer.expected); // The box lost its tail: it gets it again.
      return back > 0;
    }
    if (answer.answer === "differs" || answer.code === "till-gap") {
      await queue.refuse(this.store, row.id, why);
      await this.on.taken(till, why); // Somebody else signs as this till.
      return true;
    }
    if (!FOR_GOOD.has(answer.code)) return false; // It heals, or a person heals the box.
    if (!this.#told_no.has(row.id)) {
      this.#told_no.add(row.id);
      return false;
    }
    await this.on.refused(till, row, why);
    return true;
  }
}

/** What the till saw of the box's journal, as it goes with a batch. */
const headOf = (till) => (till.head ? { known_head: till.head, head_proof: till.head_proof } : {});
