/* The till: the one object that screens know. It puts the store and the line together and says in which phase the till is.
Selling never waits for the box, and nothing is called paid before it is on stable storage. */

import { tradingDay } from "./core/days.js";
import { Catalogue } from "./core/search.js";
import { uuid7 } from "./core/uuid.js";
import { Box } from "./line/box.js";
import { Errands } from "./line/errands.js";
import * as pin from "./line/pin.js";
import { Update } from "./line/update.js";
import { Lists } from "./lists.js";
import { Books } from "./store/books.js";
import { Clock } from "./store/clock.js";
import { Customers } from "./store/customers.js";
import { isFull, Store } from "./store/database.js";
import * as device from "./store/device.js";
import { Lock } from "./store/lock.js";
import * as queue from "./store/queue.js";
import { refused, Sale } from "./store/sale.js";
import * as shelves from "./store/shelves.js";
import { coreShopOf, refusal } from "./store/views.js";

const PREPARE_MS = 1_500; // After new items: first the screen and the first scan, then the search index.
const ON_PAPER = new Set(["sale", "refund", "quote"]);
const MARK = "tideover-till"; // In localStorage: that this browser had a till, should its memory be wiped.
const memoryClosed = (error) => ({ text: "The till's memory cannot be opened.", hint: "For whoever looks after this device: {why}", facts: { why: String(error?.message ?? error) } });

class Till extends Lists {
  #listeners = new Set();
  #told = false;
  #fault = null; // The phase of a till that cannot go on: nothing can be stored, or not here.
  #isRead = false;
  #preparing = 0;
  #unchecked = null; // Who signed in while the box was away; their PIN travels beside the next entry.

  constructor() {
    super();
    this.store = new Store();
    this.clock = new Clock();
    this.box = new Box(() => this.#set({ box: this.box.standing }));
    this.customersKept = new Customers(this.store);
    this.update = () => this.#useUpdate();
    this.updates = new Update(() => this.#updated());
    this.lock = new Lock((isLive) => this.#live(isLive), () => this.sale.idle());
    this.device = null;
    this.shop = null; // As GET /v1/till/shop gave it …
    this.coreShop = null; // … and as the core reads it.
    this.catalogue = new Catalogue([]);
    this.sale = new Sale(this.#counter());
    this.books = new Books(this);
    this.errands = new Errands(this, (changes) => this.#set(changes));
    this.state = {
      ...{ phase: "starting", phaseWhy: null, operator: null, box: "unknown", queue: 0, refused: [], revision: 0 },
      ...{ pricesAsOf: null, stockAsOf: null, outage: null, rung: null, boxWhy: null, boxStopsAt: null, isPractice: false, update: null, doubted: null },
      ...{ storage: { persisted: null, full: false, wiped: false }, clock: null, day: null },
    };
  }

  /** What the open basket may ask of the till. */
  #counter() {
    return {
      store: this.store,
      shop: () => this.coreShop,
      catalogue: () => this.catalogue,
      day: () => this.day,
      now: () => this.clock.now(),
      newId: () => this.newId(),
      operator: () => this.state.operator?.name ?? null,
      mayWrite: () => this.lock.isLive && this.state.phase === "ready",
      inOutage: () => this.books.inOutage,
      pricesAsOf: () => this.state.pricesAsOf,
      entry: (draft, also) => this.entry(draft, also),
      changed: () => this.#set({}),
      failed: (error) => this.#failed(error),
    };
  }

  newId() {
    return uuid7(this.clock.now(), crypto.getRandomValues(new Uint8Array(10)));
  }

  get day() {
    return this.shop ? tradingDay(this.clock.now(), this.shop.time_zone, this.shop.day_turns_at) : null;
  }

  // What screens hear ------------------------------------------------------------------------------

  /** fn is called, once for all that changed together, after each change; the answer ends that. */
  subscribe(fn) {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  }

  #set(changes) {
    this.state = { ...this.state, ...changes, clock: this.clock.off, day: this.day, revision: this.state.revision + 1 };
    Object.assign(this.state, this.#phase());
    if (this.#told) return;
    this.#told = true;
    queueMicrotask(() => {
      this.#told = false;
      for (const fn of this.#listeners) fn();
    });
  }

  /** In which phase the till is, by what it knows. */
  #phase() {
    if (this.#fault) return this.#fault;
    if (!this.#isRead) return { phase: "starting", phaseWhy: null };
    if (!this.lock.isLive) return { phase: "second-tab", phaseWhy: null };
    if (this.device === null) return { phase: "enrol", phaseWhy: null };
    if (this.device.ended) return { phase: "revoked", phaseWhy: this.device.ended };
    if (this.shop === null) return { phase: "starting", phaseWhy: { text: "Waiting for the box: this till has no prices yet.", hint: "", facts: {} } };
    if (this.shop.law?.till_lawful === false) return { phase: "closed-by-law", phaseWhy: { text: this.shop.law.why, hint: "", facts: {} } };
    return { phase: this.state.operator ? "ready" : "sign-in", phaseWhy: null };
  }

  // The start --------------------------------------------------------------------------------------

  /** Opens what is stored and sells from it; the box is looked for behind. */
  async start() {
    if (!globalThis.isSecureContext || !navigator.locks) return this.#stop("unsafe");
    try {
      await this.store.open();
      await this.lock.take();
      await this.#read();
    } catch (error) {
      this.#break(error);
      return;
    }
    this.updates.start();
    this.errands.begin();
    this.errands.look();
    this.#keepStorage();
  }

  /** Reads everything from the store: at the start, and when this tab becomes the live one. */
  async #read() {
    if (this.lock.isLive) await this.store.keepTwin();
    const [kept, shop, items] = await Promise.all([this.store.get("clock"), this.store.get("shop"), this.store.get("items")]);
    this.clock = new Clock(kept);
    this.device = await device.current(this.store);
    this.box.token = this.device?.token ?? "";
    if (shop) this.useShop(shop);
    if (this.lock.isLive) await this.sale.restore();
    this.catalogue = new Catalogue(await shelves.items(this.store), { country: shop?.country });
    const wiped = this.device === null && localStorage.getItem(MARK) !== null;
    const storage = { ...this.state.storage, wiped };
    await this.recount(); // Before anybody can sign in: else it says for a moment that all is sent.
    this.#isRead = true;
    this.#prepare();
    this.#set({ storage, pricesAsOf: items?.as_of ?? null, stockAsOf: items?.stock_as_of ?? null });
  }

  /** The search index is made while nobody does anything, between two customers: it takes a quarter of a second, and a till that waits
   * for its disk looks idle. Whoever searches earlier makes it then. */
  #prepare() {
    const idle = globalThis.requestIdleCallback ?? setTimeout; // Safari has none.
    clearTimeout(this.#preparing);
    this.#preparing = setTimeout(() => idle(() => (this.sale.isOpen ? this.#prepare() : this.catalogue.prepare())), PREPARE_MS);
  }

  async #live(isLive) {
    if (!isLive) return this.#set({ operator: null });
    this.#isRead = false;
    try {
      await this.#read();
      this.errands.look();
    } catch (error) {
      this.#break(error);
    }
  }

  /** In a second tab: asks the live one to let go, once nothing is half-done there. */
  takeOver() {
    this.lock.ask();
    return null;
  }

  #break(error) {
    this.#stop("broken", memoryClosed(error));
  }

  #stop(phase, phaseWhy = null) {
    this.#fault = { phase, phaseWhy };
    this.#set({});
  }

  async #keepStorage() {
    const persisted = (await navigator.storage?.persisted?.()) || (await navigator.storage?.persist?.()) || false;
    this.#set({ storage: { ...this.state.storage, persisted } });
  }

  /** Screens read the shop as the box gives it; the core reads settings by their group and rates by their category. */
  useShop(shop) {
    this.shop = shop;
    this.coreShop = coreShopOf(shop);
    this.box.language = shop.language ?? "";
    this.#set({ isPractice: Boolean(shop.is_practice) });
  }

  /** How many entries only this till has, and which the box refused. */
  async recount() {
    const [n, rows] = await Promise.all([queue.countUnsent(this.store), queue.refused(this.store)]);
    this.#set({ queue: n, refused: rows.map(refusal) });
  }

  #failed(error) {
    if (isFull(error)) this.#set({ storage: { ...this.state.storage, full: true } });
    else console.error("the till could not store", error);
  }

  // Who --------------------------------------------------------------------------------------------

  /** Enrols this browser with a one-time code. The key is made here and never leaves. */
  async enrol(code, name) {
    const { keys, spki } = await device.makeKeys();
    let reply;
    try {
      reply = await this.box.call("POST", "/v1/enrol", { code, name, spki }, { token: "" });
    } catch {
      return refused("away", "The box does not answer. Look whether it is on, then try again with a fresh code.");
    }
    if (reply.status !== 201) return refused(reply.body.code, reply.body.message, { hint: reply.body.hint ?? "" });
    const made = device.deviceOf(reply.body, name, keys, this.clock.now());
    await device.keep(this.store, made);
    localStorage.setItem(MARK, name);
    this.device = made;
    this.box.token = made.token;
    await this.errands.everything();
    this.errands.look();
    await this.sale.restore();
    this.#set({ operator: null, storage: { ...this.state.storage, wiped: false } });
    return null;
  }

  /** A name and a PIN: checked by the box, or, with the box away, carried to it beside the next entry. */
  async signIn(name, digits) {
    const told = this.state.box === "away" ? null : await pin.check(this.box, name, digits);
    if (told?.ok === false) return refused(told.why.code, told.why.message, { hint: told.why.hint ?? "" });
    this.#unchecked = told === null ? new pin.Unchecked(name, digits) : null;
    const known = this.shop.operators.find((one) => one.name === name);
    if (this.sale.state === null) await this.sale.restore();
    this.#set({ operator: { name, role: known?.role ?? null, language: known?.language ?? this.shop.language, checked: told !== null }, doubted: null });
    return null;
  }

  /** The person leaves; baskets and entries stay. */
  async signOut() {
    await this.sale.idle();
    this.#unchecked = null;
    this.#set({ operator: null });
    if (this.state.update !== null) await this.#useUpdate(); // Nobody is at the till: the best moment; if it may not be, it waits.
    return null;
  }

  /** Somebody who may allows what the open basket needs, with their own PIN. */
  async allow(name, digits) {
    const told = await pin.check(this.box, name, digits);
    if (told?.ok === false) return refused(told.why.code, told.why.message, { hint: told.why.hint ?? "" });
    const done = await this.sale.allow(name);
    if (told !== null || done?.refused) return done;
    const word = { text: `${name} allowed more at the till while the box was away.`, sheet: "" }; // Their PIN travels beside it.
    const noted = await this.entry({ id: this.newId(), kind: "note", operator: name, bodyOf: () => word }, undefined, new pin.Unchecked(name, digits));
    return noted.refused ? noted : done;
  }

  // The basket -------------------------------------------------------------------------------------

  get basket() {
    return this.sale.view;
  }

  total() {
    return this.sale.total();
  }

  act(wish) {
    return this.sale.act(wish);
  }

  allowed(right, facts) {
    return this.sale.allowed(right, facts);
  }

  park(label) {
    return this.sale.park(label);
  }

  parked() {
    return this.sale.parked();
  }

  fetch(id) {
    return this.sale.fetch(id);
  }

  finish() {
    return this.sale.finish();
  }

  quote(validUntil) {
    return this.sale.quote(validUntil);
  }

  /** Signs and stores one entry of this till: {entry, rows, number} once it is durable, or a refusal; nothing in between. */
  async entry(draft, also, unchecked = this.#unchecked) {
    if (!this.lock.isLive || this.state.phase !== "ready") return refused("read-only", "This tab only shows. Sell in the other one.");
    const whole = { happened_at: this.clock.now(), trading_day: this.day, operator: this.state.operator.name, refers_to: null, in_outage: this.books.inOutage, ...draft };
    const seal = async (till, id) => unchecked?.seal(this.shop.sealing_key, till, id) ?? null;
    const more = { seal, also: async (db) => (await also?.(db), db.meta.put(this.clock.record, "clock")) };
    const row = await this.#stored(whole, more);
    if (row.refused) return row;
    if (row.sealed && this.#unchecked === unchecked) this.#unchecked = null; // It travels now.
    if (this.state.storage.full) this.#set({ storage: { ...this.state.storage, full: false } });
    this.recount();
    this.errands.push();
    const entry = queue.contentOf(row);
    return { entry, number: row.number, rows: ON_PAPER.has(row.kind) ? this.books.rows(entry, { in_outage: row.in_outage }) : [] };
  }

  async #stored(whole, more) {
    for (let turn = 1; ; turn += 1) {
      try {
        return await queue.append(this.store, this.device.till, whole, more);
      } catch (error) {
        this.#failed(error);
        if (isFull(error) && turn === 1 && (await this.#madeRoom())) continue;
        if (isFull(error)) return refused("storage-full", "This browser has no room left: nothing was booked. Write a numbered slip, and make room on this machine.");
        return refused("not-stored", "It could not be stored: nothing was booked. Try again; if it fails again, write a numbered slip. ({why})", { why: String(error?.message ?? error) });
      }
    }
  }

  /** Lets go of what is safe beyond the box, today's apart; true if that was anything. */
  async #madeRoom() {
    try {
      return (await queue.forget(this.store, this.day, 0)) > 0;
    } catch {
      return false;
    }
  }

  // The drawer -------------------------------------------------------------------------------------

  /** Puts change into the drawer ("float") or takes money out ("drop"). */
  move(kind, amount_minor, note = "") {
    return this.entry({ id: this.newId(), kind: `drawer_${kind}`, bodyOf: () => ({ amount_minor, note }) });
  }

  /** The drawer, counted before the expected sum was shown. */
  async count(counted_minor) {
    const made = await this.entry({ id: this.newId(), kind: "drawer_count", bodyOf: () => ({ counted_minor }) });
    if (made.refused) return made;
    const { expected_minor } = (await this.report()).cash;
    return { expected_minor, counted_minor, over_minor: counted_minor - expected_minor };
  }

  // When things go wrong ---------------------------------------------------------------------------

  #updated() {
    this.#set({ update: this.updates.waiting === null ? null : "waiting" });
  }

  /** Uses the new version, only with nothing unsent that the box would take, and no basket open or parked. */
  async #useUpdate() {
    await this.sale.idle();
    await this.recount();
    const n = await queue.countAwaited(this.store, this.device?.till);
    if (n > 0) return refused("unsent", "{n} sales are not at the box yet: the new version waits for them.", { n });
    if (this.sale.isOpen || (await this.sale.parked()).length > 0) return refused("basket-open", "A basket is open or parked: the new version waits for it.");
    if (!(await this.updates.approve())) return refused("no-update", "There is no new version here.");
    location.reload();
    return null;
  }

  // What the line brings ---------------------------------------------------------------------------

  useItems({ rows, gone, full, changed, as_of, stock_as_of }) {
    if (full) this.catalogue = new Catalogue(rows, { country: this.shop?.country });
    else if (changed) this.catalogue.update({ rows, gone });
    if (full || changed) this.#prepare();
    this.#set({ pricesAsOf: as_of ?? null, stockAsOf: stock_as_of ?? null });
  }

  /** The box is back: whoever signed in without it is checked now, before their PIN has to travel. */
  async signedInMeanwhile() {
    const waiting = this.#unchecked;
    if (waiting === null) return;
    const told = await waiting.ask(this.box);
    if (told === null || told.why?.code === "too-often" || this.#unchecked !== waiting) return; // Nobody looked: it travels beside a sale.
    this.#unchecked = null;
    const { operator } = this.state;
    this.#set(told.ok ? { operator: { ...operator, checked: true } } : { operator: null, doubted: waiting.name });
  }
}

export const till = new Till();
till.start();
