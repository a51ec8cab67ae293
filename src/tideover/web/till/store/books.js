/* What this till has sold, read back: lists, receipts, the day's report, and sales that somebody brings back. Writes nothing. */

import { x } from "../core/drawer.js";
import { receiptOf } from "../core/receipt.js";
import * as queue from "./queue.js";
import { refused } from "./sale.js";
import { shown } from "./views.js";

const SOLD = ["sale", "refund"];
const LISTED = 50;
const MOVED = new Set([...SOLD, "void", "drawer_float", "drawer_drop", "drawer_count"]); // What changes a day's sums.

export class Books {
  /** till: the one of main.js. */
  constructor(till) {
    this.till = till;
  }

  /** True while the fallback is open, or no box answers. */
  get inOutage() {
    const { state } = this.till;
    return state.outage !== null || state.box !== "here";
  }

  /** A receipt's rows, with the mark of an outage where one stands now, unless `in_outage` says how it was then. */
  rows(entry, { in_outage = this.inOutage, ...flags } = {}) {
    const { shop, coreShop } = this.till;
    return receiptOf(entry, coreShop, shop.language, { in_outage, ...flags });
  }

  /** The report of the trading day at this till (X). */
  async report() {
    const { store, device, day } = this.till;
    const rows = (await queue.ofDay(store, day)).filter((row) => row.till === device.till && row.seq > 0);
    const report = reportOf(x(rows.map(queue.contentOf), day), rows.filter((row) => row.state === "unsent").length);
    return { ...report, z: zOf(rows) };
  }

  /** The newest sales and refunds, newest first. */
  async entries(limit = LISTED) {
    return (await this.#newest(limit, SOLD)).map(shown);
  }

  #newest(limit, kinds) {
    return queue.newest(this.till.store, this.till.device.till, limit, kinds);
  }

  async receipt(entryId, is_copy) {
    const row = await queue.byId(this.till.store, entryId);
    return row ? this.rows(queue.contentOf(row), { is_copy, in_outage: row.in_outage }) : refused("not-found", "That receipt is not at this till.");
  }

  /** A sale by its number or id: {id, number, body, earlier}, or a refusal. */
  async findSale(number) {
    const { store, box } = this.till;
    const row = (await queue.byNumber(store, number)) ?? (await queue.byId(store, number));
    if (row?.kind === "sale") return { id: row.id, number: row.number, body: queue.contentOf(row).body, earlier: await this.#refundsOf(row.id) };
    try {
      const { status, body } = await box.call("GET", `/v1/till/sale?number=${encodeURIComponent(number)}`);
      if (status !== 200) return refused(body?.code ?? "not-found", body?.message ?? "That sale is not known.", { hint: body?.hint ?? "" });
      return { id: null, number: body.number, entry: body.entry, body };
    } catch {
      return refused("away", "The box is away, and that sale is not of this till. Take it back without its receipt, or park it.");
    }
  }

  async #refundsOf(id) {
    const entries = (await this.#newest(Infinity, ["refund"])).map(queue.contentOf);
    return entries.filter((entry) => entry.refers_to === id).map((entry) => entry.body);
  }

  /** Quotes that still hold: the cloud's, and this till's own. */
  async quotes() {
    const kept = (await this.till.store.get("quotes"))?.rows ?? [];
    const own = (await this.#newest(LISTED, ["quote"])).map((row) => ({ ...queue.contentOf(row).body, entry: row.id }));
    const all = [...own, ...kept.map((one) => ({ ...one, number: one.code }))];
    return all.filter((one) => !one.valid_until || one.valid_until >= this.till.day);
  }
}

/** The last Z of a day's rows: its number of the day, when it was made, and how much came after it; null before the first. */
function zOf(rows) {
  const last = rows.filter((row) => row.kind === "till_closed").at(-1);
  if (!last) return null;
  const { happened_at, body } = queue.contentOf(last);
  return { number: body.number, at: happened_at, after: rows.filter((row) => row.seq > last.seq && MOVED.has(row.kind)).length };
}

/** What a Z freezes of a report. */
export function frozen(report) {
  const { day, sales, refunds, first_number: first, last_number: last, expected_minor, counted_minor } = report;
  const sums = { sales: sales.n, sales_minor: sales.sum_minor, refunds: refunds.n, refunds_minor: refunds.sum_minor };
  return { day, number: (report.z?.number ?? 0) + 1, first, last, ...sums, expected_minor, counted_minor };
}

function reportOf(found, unsent) {
  const { float_minor, cash_minor, dropped_minor, expected_minor, counted_minor } = found;
  const by_tender = found.by_tender.map((one) => ({ ...one, sum_minor: one.amount_minor }));
  const cash = { float_minor, cash_minor, dropped_minor, expected_minor, counted_minor };
  return { ...found, by_tender, cash, first: found.first_number, last: found.last_number, unsent };
}
