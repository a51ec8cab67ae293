/* One customer after another: the open basket, and what becomes of it. A basket is stored from its first key press, under the
id that its entry will have; "paid" is said when the entry is on stable storage, never before. */

import { basket as step, isEmpty, newBasket } from "../core/basket.js";
import { documentOf, quoteOf, refersTo, total } from "../core/document.js";
import { allowed, needOf, spentOf } from "../core/grants.js";
import { originalOf, returnable } from "../core/refund.js";
import { isRefused, refuse } from "../core/refusal.js";
import * as baskets from "./baskets.js";
import * as queue from "./queue.js";
import { actionOf, earlierOf } from "./wishes.js";

const QUOTE_DAYS = 14;

/** A core refusal as screens get it. */
const no = ({ refused: code, text, facts }) => ({ refused: { code, text, facts } });

/** A refusal of the till's own: text in English with {facts}, said in the reader's language by the screen. */
export const refused = (code, text, facts = {}) => ({ refused: { code, text, facts } });

export class Sale {
  #saving = null;
  #dirty = false;
  #soon = null; // The timer of a save that has not begun.
  #busy = null; // What is being stored as an entry now; until it is, the basket does not change.

  /** shop: {store, shop(), catalogue(), day(), now(), newId(), operator(), mayWrite(), entry(draft, also), changed()}. */
  constructor(shop) {
    this.at = shop;
    this.state = null;
    this.original = null; // {entry, number, lines, earlier, picks} while a refund takes back a known sale.
  }

  /** The basket as it was when the till ended, however it ended. */
  async restore() {
    const kept = await baskets.open(this.at.store);
    const isPaid = kept && (await queue.byId(this.at.store, kept.id));
    if (isPaid) await baskets.drop(this.at.store, kept.id);
    this.state = kept && !isPaid ? kept.content : this.#fresh("sale");
    this.original = (!isPaid && kept?.original) || null;
  }

  #fresh(kind) {
    return newBasket(this.at.newId(), this.at.now(), kind);
  }

  get isOpen() {
    return this.state !== null && (!isEmpty(this.state) || this.original !== null);
  }

  /** For screens: the core's basket, with what may still come back of the sale that it takes back. */
  get view() {
    if (this.original === null || this.state === null) return this.state;
    const { entry, number, lines, earlier } = this.original;
    const left = returnable(this.original, earlier);
    return { ...this.state, original: { entry, number, lines: lines.map((line, at) => ({ ...line, left: left[at].left })) } };
  }

  total() {
    const found = total(this.state, this.at.shop());
    return { ...found, cash_due_minor: found.due_cash_minor };
  }

  /** One step of the open basket: null, or a refusal. It is in sight at once and stored behind. */
  act(wish) {
    if (this.#busy) return this.#later(wish);
    if (!this.at.mayWrite()) return refused("read-only", "This tab only shows. Sell in the other one.");
    if (wish.do === "take-back") return this.#takeBack(wish);
    if (wish.do === "clear") return this.#clear();
    const before = this.state.lines.length || this.isOpen ? this.state : this.#fresh(this.state.kind); // Its id is from the first key press.
    const action = actionOf(wish, before, this.at.catalogue());
    if (action === null) return refused("unknown-item", "{code} is not in the catalogue. Sell it as a free line.", { code: String(wish.item) });
    const made = step(before, action, this.at.shop());
    if (isRefused(made)) return no(made);
    if (wish.do === "remove" && this.original) this.original.picks.delete(this.state.lines[wish.line]?.of_line);
    return this.#take(made);
  }

  /** While a sale is being stored, what is scanned belongs to the next one. */
  #later(wish) {
    if (wish.do !== "add" && wish.do !== "free") return refused("busy", "The sale is being stored: a moment.");
    this.#busy.then(() => this.act(wish)).catch((error) => this.at.failed(error));
    return null;
  }

  #take(state) {
    this.state = state;
    this.#save();
    this.at.changed();
    return null;
  }

  #takeBack({ line, quantity = null }) {
    if (!this.original) return refused("no-original", "Choose the sale that comes back first.");
    const picks = new Map(this.original.picks).set(line, quantity);
    const action = { type: "take_back", original: this.original, earlier: this.original.earlier, picks: [...picks].map(([at, n]) => ({ line: at, quantity: n })) };
    const made = step({ ...this.state, lines: [], tenders: [] }, action, this.at.shop());
    if (isRefused(made)) return no(made);
    this.original = { ...this.original, picks };
    return this.#take(made);
  }

  #clear() {
    const made = step(this.state, { type: "clear" }, this.at.shop());
    if (isRefused(made)) return no(made);
    const gone = this.state.id;
    this.state = this.#fresh("sale");
    this.original = null;
    this.#after(() => baskets.drop(this.at.store, gone));
    this.at.changed();
    return null;
  }

  // On stable storage ------------------------------------------------------------------------------

  get #row() {
    return { id: this.state.id, started_at: this.state.started_at, content: this.state, original: this.original };
  }

  /** Stores the newest state; states that come while one is being stored are stored together. It begins a moment later: the key that
   * takes the money ends the basket as well, and nobody waits for a basket that is a sale already. */
  #save() {
    this.#dirty = true;
    this.#soon ??= setTimeout(() => this.#begin());
  }

  #begin() {
    this.#putOff();
    this.#after(async () => {
      if (!this.#dirty) return;
      this.#dirty = false;
      await (this.isOpen ? baskets.save(this.at.store, this.#row) : baskets.drop(this.at.store, this.state.id));
    });
  }

  #putOff() {
    clearTimeout(this.#soon);
    this.#soon = null;
  }

  #after(work) {
    this.#saving = (this.#saving ?? Promise.resolve()).then(work).catch((error) => this.at.failed(error));
  }

  /** Resolves when the basket stands as it is seen. */
  saved() {
    if (this.#soon !== null) this.#begin();
    return this.#saving ?? Promise.resolve();
  }

  /** Runs `work` alone, which stores what the basket becomes: a second tap gets the first one's answer. */
  #alone(work) {
    this.#busy ??= (async () => {
      const isUnsaved = this.#dirty;
      this.#dirty = false;
      this.#putOff();
      let made;
      try {
        await this.saved();
        return (made = await work());
      } finally {
        if (isUnsaved && (made === undefined || made?.refused)) this.#save();
        this.#busy = null;
      }
    })();
    return this.#busy;
  }

  /** Resolves when nothing is half-done. */
  async idle() {
    await this.#busy;
    await this.saved();
  }

  /** Parks the open basket. */
  park(label) {
    return this.#alone(async () => {
      if (!this.isOpen) return refused("empty", "There is nothing in the basket.");
      if (this.state.tenders.length) return refused("paid-in-part", "Something of it is paid: take the payments back first.");
      await baskets.park(this.at.store, this.#row, label || "", this.at.operator());
      this.#next();
      return null;
    });
  }

  async parked() {
    const rows = await baskets.parked(this.at.store);
    return rows.map(({ id, label, operator, started_at, content }) => ({
      ...{ id, label, operator, started_at },
      lines: content.lines,
      sum_minor: total(content, this.at.shop()).sum_minor,
    }));
  }

  /** Makes a parked basket the open one. */
  fetch(id) {
    return this.#alone(async () => {
      if (this.isOpen) return refused("not-empty", "There is something in the basket: finish or park it first.");
      const found = await baskets.fetch(this.at.store, id);
      if (!found) return refused("not-parked", "That basket is not parked any more.");
      this.state = found.content;
      this.original = found.original;
      this.at.changed();
      return null;
    });
  }

  #next(kind = "sale") {
    this.state = this.#fresh(kind);
    this.original = null;
    this.#dirty = false;
    this.at.changed();
  }

  // What it becomes --------------------------------------------------------------------------------

  /** The basket as a sale or refund: resolves when it is durably stored, or with a refusal. */
  finish() {
    return this.#alone(async () => {
      const granted = await this.#granted();
      if (isRefused(granted)) return no(granted);
      const paid = total(granted, this.at.shop());
      const more = { prices_as_of: this.at.pricesAsOf() };
      const made = await this.#store(granted, granted.kind, refersTo(granted), (number) => documentOf(granted, this.at.shop(), number, this.at.day(), more));
      return made.refused ? made : { ...made, change_minor: paid.change_minor, due_minor: paid.sum_minor, kind: granted.kind };
    });
  }

  /** The basket as a quote. */
  quote(validUntil = null) {
    return this.#alone(async () => {
      const granted = await this.#granted();
      if (isRefused(granted)) return no(granted);
      const until = validUntil ?? queue.keepFrom(this.at.day(), -QUOTE_DAYS);
      return this.#store(granted, "quote", null, (number) => quoteOf(granted, this.at.shop(), number, this.at.day(), until));
    });
  }

  async #store(state, kind, refers_to, bodyOf) {
    const body = bodyOf("0");
    if (isRefused(body)) return no(body);
    const made = await this.at.entry(
      { id: state.id, kind, refers_to, bodyOf: (number) => ({ ...body, number }) },
      (db) => db.basket.delete(state.id),
    );
    if (!made.refused) this.#next();
    return made;
  }

  /** The basket with the grant it needs, if the person at the till (or one who allowed it) has one. */
  async #granted() {
    const need = needOf(this.state, this.at.shop());
    if (need === null || this.state.grant) return this.state;
    const found = await this.#allowedFor(need);
    if (found.ok) return { ...this.state, grant: found.grant };
    const facts = { sum_minor: need.amount_minor, who: found.who.join(", ") };
    return found.who.length
      ? refuse("grant-needed", "{sum_minor} is over the limit: {who} may allow it.", facts)
      : refuse("grant-needed", "{sum_minor} is over the limit, and nobody at hand may allow it.", facts);
  }

  async #allowedFor(need, operator = this.at.operator()) {
    const spent = spentOf((await queue.ofDay(this.at.store, this.at.day())).map(queue.contentOf), this.at.day());
    return allowed(this.at.shop(), operator, need.right, { ...need, spent, in_outage: this.at.inOutage() }, this.at.day());
  }

  /** Whether the person at the till may do that alone, before it is done: {ok, limit_minor, who}. */
  async allowed(right, { line, discount_minor, unit_price, amount_minor }) {
    const need = right === "refund" ? { right, amount_minor, share_ppm: 0 } : this.#needAfter(line, discount_minor, unit_price);
    return need === null ? { ok: true, grant: null, limit_minor: null, who: [] } : this.#allowedFor(need);
  }

  #needAfter(line, discount_minor, unit_price) {
    const wish = unit_price === undefined ? { do: "discount", line, discount_minor } : { do: "price", line, unit_price };
    const made = step(this.state, actionOf(wish, this.state, this.at.catalogue()), this.at.shop());
    return isRefused(made) ? null : needOf(made, this.at.shop());
  }

  /** Somebody else, whose PIN was checked, allows what the basket needs. */
  async allow(name) {
    const need = needOf(this.state, this.at.shop());
    if (need === null) return null;
    const found = await this.#allowedFor(need, name);
    if (!found.ok) return refused("grant-needed", "{name} may not allow that.", { name });
    return this.#take(step(this.state, { type: "grant", grant: found.grant }, this.at.shop()));
  }

  /** Opens a refund of a known sale: {id, body, earlier} of our own, or what the box says of it. */
  refundOf({ id = null, number, body, earlier }) {
    if (this.isOpen) return refused("not-empty", "There is something in the basket: finish or park it first.");
    const original = id ? { ...originalOf(id, body), number: null } : { lines: body.lines, entry: null, number, customer: body.customer ?? null };
    this.#next("refund");
    this.original = { ...original, shown: number, earlier: earlier ?? earlierOf(body.lines), picks: new Map() };
    return this.#take(this.state);
  }

  /** Fills the basket from a quote: ours ({entry, body}) or the cloud's ({code, lines, customer}). */
  sellQuote({ code, entry = null, customer = null, lines }) {
    const made = step(this.#fresh("sale"), { type: "quote", code, entry, customer, lines }, this.at.shop());
    if (this.isOpen) return refused("not-empty", "There is something in the basket: finish or park it first.");
    return isRefused(made) ? no(made) : this.#take(made);
  }
}
