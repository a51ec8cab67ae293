/* What goes on behind the counter: looking whether the box is there, sending what waits, bringing what is new. Nothing here
is waited for by a sale, and nothing here ends: after a fault it is tried again with the next look. */

import * as device from "../store/device.js";
import * as queue from "../store/queue.js";
import { Away } from "./box.js";
import * as pull from "./pull.js";
import { Push } from "./push.js";

const LOOK_MS = 5_000;
const AWAY_MS = 3_000;
const WITNESS_MS = 60_000; // A box is told the head of a till that has nothing to send so often, also one that does not know the till.

const NOT_WRITABLE = { code: "not-writable", message: "The box takes nothing in: its journal needs a person. Sell on, everything is kept here.", hint: "" };
const NEEDS_A_PERSON = new Set([500, 507]); // The box says which file and which hash; the counter needs to know what to do. A defect says it itself.

const seqOf = (head) => Number(String(head ?? "0:").split(":")[0]);

export class Errands {
  #timer = null;
  #looking = null;
  #pulling = null;
  #revisions = {};
  #witnessed_ms = -WITNESS_MS;
  #told_ms = -WITNESS_MS;

  /** till: the one of main.js; set(changes): into its state. */
  constructor(till, set) {
    this.till = till;
    this.set = set;
    this.sender = new Push(till.store, till.box, () => till.lock.isLive, {
      headOf: (one, told) => this.#keepHead(one, told),
      sent: () => this.#sent(),
      notTaken: (one, reply) => this.#notTaken(one, reply),
      ended: (one, why) => this.#ended(one, why, "This till may not sell any more."),
      taken: (one, why) => this.#ended(one, why, "Another device signs as this till. Enrol this one anew."),
      refused: (one, row, why) => this.#standIn(one, row, why),
    });
  }

  /** From now on the box is looked for, and at once when the browser says that something changed. */
  begin() {
    for (const what of ["online", "focus", "pageshow"]) addEventListener(what, () => this.look());
    document.addEventListener("visibilitychange", () => document.hidden || this.look());
  }

  /** Sends what waits, behind the counter. */
  push() {
    return this.sender.kick().catch((error) => this.#fault(error));
  }

  #fault(error) {
    if (!(error instanceof Away)) console.error("behind the counter:", error);
  }

  /** Looks for the box now, and again after a while; one look at a time. */
  look() {
    this.#looking ??= this.#look()
      .catch((error) => this.#fault(error))
      .finally(() => {
        this.#looking = null;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.look(), this.till.box.standing === "here" ? LOOK_MS : AWAY_MS);
      });
    return this.#looking;
  }

  async #look() {
    const { till } = this;
    if (till.device === null || !till.lock.isLive) return;
    const wasHere = till.box.standing === "here";
    const { status, body, took_ms } = await till.box.call("GET", `/v1/till/standing?queue=${till.state.queue}&hand=${till.sale?.isOpen ? "sale" : "none"}`);
    if (status === 401) return this.#unknown(body);
    if (status !== 200) return this.set({ boxWhy: whyNot(status, body) });
    till.clock.heard(body.now, took_ms);
    const { outage = null, rung = null, rung_name = "", prices_as_of = till.state.pricesAsOf, stock_as_of = till.state.stockAsOf } = body;
    const boxWhy = body.writable === false ? NOT_WRITABLE : null;
    this.set({ boxStopsAt: body.stops_at ?? null });
    this.set({ outage, rung: rung === null ? null : { number: rung, name: rung_name }, boxWhy, pricesAsOf: prices_as_of, stockAsOf: stock_as_of });
    await till.store.put({ clock: till.clock.record });
    if (body.cloud_until) await queue.settled(till.store, till.device.till, body.cloud_until);
    await this.#witness(body);
    await this.#expected(body.next_seq);
    await till.signedInMeanwhile();
    this.push();
    this.#pull(body, wasHere);
    till.updates.offered(body.version);
  }

  /**
   * What this till has kept is said before it keeps what the box shows: a box put back to an older copy may have grown beyond it
   * meanwhile. At once where the box is behind; else now and then, and with every batch.
   */
  async #witness(body) {
    const { till } = this;
    const { head, head_proof, token } = till.device;
    const isBehind = seqOf(body.head) < seqOf(head);
    if (body.head === head || (!isBehind && till.box.tick() - this.#told_ms < WITNESS_MS)) return;
    this.#told_ms = till.box.tick();
    const reply = await till.box.call("POST", "/v1/entries", { entries: [], known_head: head, head_proof }, { token });
    if (reply.status === 200) await this.#keepHead(till.device, reply.body);
    if (isBehind) this.#revisions = {}; // What the box holds may all be older than it was.
  }

  /** The highest head is kept: a box that shows a lower one has lost something. */
  async #keepHead(one, told) {
    if (seqOf(told.head) < seqOf(one.head)) return;
    await device.note(this.till.store, one.till, { head: told.head, head_proof: told.head_proof });
    if (one.till === this.till.device?.till) this.till.device = { ...this.till.device, head: told.head, head_proof: told.head_proof };
  }

  // What is new ------------------------------------------------------------------------------------

  #pull(standing, wasHere) {
    const { shop_revision, items_revision } = standing;
    const news = { shop: shop_revision ?? this.till.clock.now(), items: items_revision ?? this.till.clock.now() };
    const wants = { shop: !wasHere || news.shop !== this.#revisions.shop, items: !wasHere || news.items !== this.#revisions.items };
    if (!wants.shop && !wants.items) return this.#pulling;
    this.#pulling ??= this.everything(wants)
      .then((done) => done && (this.#revisions = news))
      .catch((error) => this.#fault(error))
      .finally(() => {
        this.#pulling = null;
      });
    return this.#pulling;
  }

  /** Brings shop, items, customers and quotes; false if something broke off. */
  async everything(wants = { shop: true, items: true }) {
    const { till } = this;
    if (wants.shop) {
      const shop = await pull.shop(till.store, till.box);
      if (shop === null) return false;
      till.useShop(shop);
    }
    if (!wants.items) return true;
    const items = await pull.items(till.store, till.box);
    if (items === null) return false;
    till.useItems(items);
    await pull.customers(till.store, till.box, till.customersKept);
    await pull.quotes(till.store, till.box);
    return true;
  }

  /** The box expects an older number than it had answered for: it lost its tail, and gets it again. */
  async #expected(next_seq) {
    const { till } = this;
    if (!next_seq || (await queue.sendAgain(till.store, till.device.till, next_seq)) === 0) return;
    await till.recount();
    this.push();
  }

  // What the box says of our entries ---------------------------------------------------------------

  async #sent() {
    await this.till.recount();
  }

  async #notTaken(one, reply) {
    this.set({ boxWhy: whyNot(reply.status, reply.body) });
  }

  /** The box does not know our token: revoked if it still takes entries under it, else it is not the box we knew. */
  async #unknown(told) {
    const { till } = this;
    const { head, head_proof, token } = till.device;
    const { status } = await till.box.call("POST", "/v1/entries", { entries: [], known_head: head, head_proof }, { token });
    if (status === 200) return this.#ended(till.device, whyOf(told), "This till may not sell any more.");
    if (till.box.tick() - this.#witnessed_ms >= WITNESS_MS) {
      this.#witnessed_ms = till.box.tick(); // An old copy of the box may have forgotten the only till that can tell.
      await till.box.call("POST", "/v1/witness", { known_head: head, head_proof }, { token: "" });
    }
    return this.set({ boxWhy: { code: "unknown-till", message: "The box does not know this till. It goes on selling and keeps everything; enrol it anew when there is time.", hint: "" } });
  }

  async #ended(one, why, text) {
    const ended = { text, hint: why.hint || why.message || "", facts: {}, code: why.code };
    await device.note(this.till.store, one.till, { ended });
    if (one.till === this.till.device?.till) this.till.device = { ...this.till.device, ended };
    await this.till.recount();
  }

  async #standIn(one, row, why) {
    const now = this.till.clock.now();
    await queue.standIn(this.till.store, one, row, why, { id: this.till.newId(), happened_at: now, trading_day: this.till.day });
    await this.till.recount();
  }
}

const whyNot = (status, body) => (NEEDS_A_PERSON.has(status) && body?.code !== "defect" ? NOT_WRITABLE : whyOf(body));
const whyOf = (body) => ({ code: body?.code ?? "", message: body?.message ?? "", hint: body?.hint ?? "" });
