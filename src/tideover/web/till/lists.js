/* What the till looks up for its screens: what it sold, receipts, sales to be taken back, quotes, customers, and what it carries
away when all else fails. Opens baskets and asks for prints; decides nothing, and removes nothing. */

import * as print from "./line/print.js";
import * as rescue from "./line/rescue.js";
import { frozen } from "./store/books.js";
import * as queue from "./store/queue.js";
import { refused } from "./store/sale.js";

export class Lists {
  /** The report of the trading day at this till (X). */
  report() {
    return this.books.report();
  }

  /** Freezes the day at this till (Z), once the drawer is counted and no basket is half-done: the report, or a refusal. */
  async closeDay() {
    if (this.sale.isOpen || (await this.parked()).length > 0) return refused("basket-open", "A basket is open or parked: finish it or clear it before the day ends.");
    const report = await this.report();
    if (report.counted_minor === null) return refused("not-counted", "The drawer is not counted yet: a Z without a count says nothing.");
    if (report.z?.after === 0) return report;
    const made = await this.entry({ id: this.newId(), kind: "till_closed", bodyOf: () => frozen(report) });
    return made.refused ? made : this.report();
  }

  /** This till's newest sales and refunds, newest first. */
  entries(limit) {
    return this.books.entries(limit);
  }

  /** The receipt of an entry of ours, as rows. */
  receipt(entryId, { copy = false } = {}) {
    return this.books.receipt(entryId, copy);
  }

  /** The box's printer if the box is here and has the entry; else the browser prints. A second time, whoever printed the first
   * one, it is a copy: {way, …, is_copy, is_receipt, number}. A quote is no receipt: it is printed here, as often as wanted. */
  async printReceipt(entryId, { copy = false } = {}) {
    const { kind, number } = await queue.byId(this.store, entryId);
    if (kind === "quote") return { ...print.BROWSER, number, is_copy: false, is_receipt: false };
    const paper = await queue.nextPaper(this.store, entryId, copy);
    const answer = this.state.box === "here" ? await this.#byBox(entryId, paper) : print.BROWSER;
    return { ...answer, number, is_copy: paper > 0, is_receipt: true };
  }

  /** The receipt by e-mail, once the box has the sale: {state, text}, or a refusal. What was refused for certain used up no paper. */
  async mailReceipt(entryId, address) {
    if (this.state.box !== "here") return refused("away", "The box does not answer now, so no e-mail can be asked for.", { hint: "Print the receipt, or write it by hand." });
    await this.errands.push();
    const paper = await queue.nextPaper(this.store, entryId, false);
    const answer = await print.mailed(this.box, entryId, paper, address);
    if (answer.refused && answer.refused.code !== "unheard") await queue.noPaper(this.store, entryId, paper);
    return answer;
  }

  async #byBox(entryId, paper) {
    await this.errands.push();
    return print.printed(this.box, entryId, paper);
  }

  /** Writes down that a customer was given a receipt without the box's printer: "screen", "office-printer", "hand". */
  given(entryId, way, { copy = false, certain = true } = {}) {
    return this.entry({ id: this.newId(), kind: "receipt", refers_to: entryId, bodyOf: () => ({ way, is_copy: copy, is_certain: certain }) });
  }

  /** A sale by its number: our own, else what the box or the cloud knows of it. */
  findSale(number) {
    return this.books.findSale(number);
  }

  /** Opens a refund of a sale: an entry of the list, a number, or what findSale gave. */
  async refundOf(what) {
    const found = typeof what === "string" ? await this.findSale(what) : what.body ? what : await this.findSale(what.id ?? what.number);
    return found.refused ? found : this.sale.refundOf(found);
  }

  /** Quotes that may be sold: the cloud's, and this till's own. */
  quotes() {
    return this.books.quotes();
  }

  async sellQuote(number) {
    const found = (await this.quotes()).find((one) => one.number === number);
    if (!found) return refused("not-found", "That quote is not known here.");
    const customer = found.customer ? ((await this.customersKept.search(found.customer))[0] ?? null) : null;
    const lines = found.lines.map((line) => ({ vat_ppm: this.catalogue.get(line.item)?.vat_ppm, ...line }));
    return this.sale.sellQuote({ code: number, entry: found.entry ?? null, customer, lines });
  }

  /** Customers whose name or code holds every word. */
  customers(text) {
    return this.customersKept.search(text);
  }

  /** What only this till has, to carry to the box by hand: {file, name, n, codes}, one for each till of this browser. Nothing is
   * removed by it. */
  async rescue() {
    const found = rescue.texts(await queue.unsettled(this.store));
    const day = new Date(this.clock.now()).toISOString().slice(0, 10);
    const made = found.map(async ({ till, n, text }) => ({
      n,
      name: rescue.fileName(this.device?.till === till ? this.device.name : till.slice(-6), day),
      file: new Blob([text], { type: "application/json" }),
      codes: (await rescue.pieces(text)),
    }));
    return Promise.all(made);
  }
}
