/** X: how this till stands now. Z: the same, frozen as this till's day; the day of the whole shop is closed on the box's page. */

import { html } from "../vendor/preact-htm.js";
import { printPage } from "./paper.js";
import { Head, useAsked, useKeys } from "./ui.js";
import { clock, day, money, plainMoney, rate, say, tender } from "./words.js";

export function Report({ till, ui }) {
  const shown = useAsked(() => till.report(), [till.state.revision]);
  const z = shown?.z ?? null;
  const isZ = z !== null && z.after === 0;
  const isCounted = shown !== null && shown?.cash?.counted_minor !== null;
  const end = async () => {
    if (shown && (await ui.run(() => till.closeDay()))) ui.tell(say("The day of this till is ended: print the Z."));
  };
  useKeys((event) => {
    if (ui.isBlocked()) return false;
    if (event.key === "Escape") ui.go("more");
    else if (event.key === "F9" && !isZ) isCounted ? end() : ui.go("drawer");
    else if (event.key === "p" || event.key === "P") printPage();
    else if (event.key === "?") ui.open({ name: "keys" });
    else return false;
    return true;
  });
  return html`<main class="still wide" data-screen="report"><${Head} title=${isZ ? say("Z {n}: this till's day", { n: z.number }) : say("X: how this till stands")} back=${() => ui.go("more")}>
      <button type="button" class="light" data-key="print" onClick=${printPage}><kbd>P</kbd> ${say("Print")}</button></${Head}>
    ${!shown ? html`<p>${say("Adding up …")}</p>` : html`<${Sums} report=${shown} shop=${till.shop} />`}
    ${shown && shown.cash?.counted_minor === null && html`<p class="note">${say("The drawer is not counted yet.")} <button type="button" class="light" onClick=${() => ui.go("drawer")}><kbd>F9</kbd> ${say("Count it")}</button> ${say("Then this till's day can be ended with its Z.")}</p>`}
    ${z && html`<p class="note" data-z>${isZ ? say("Made at {time}, after the last receipt. What is sold from now on needs a further Z.", { time: clock(z.at, ui.now()) })
    : say("Z {n} was made at {time}, and more came after it: end the day once more.", { n: z.number, time: clock(z.at, ui.now()) })}</p>`}
    ${shown && !isZ && isCounted && html`<button type="button" class="main" data-key="z" onClick=${end}><strong><kbd>F9</kbd> ${say("End the day of this till: Z")}</strong></button>`}
    <p class="note">${say("The day of the whole shop, with the cloud's own sales and the card terminal, is closed on the box's pages.")} <a href="/day" data-day>${say("Close the day")}</a></p>
  </main>`;
}

function Sums({ report, shop }) {
  const row = (name, sum, look = "") => html`<tr class=${look}><th scope="row">${name}</th><td class="sum">${sum}</td></tr>`;
  const count = (part) => (typeof part === "number" ? part : part?.n ?? part?.count ?? 0);
  return html`<div class="sums paper" tabindex="0" role="region" aria-label=${say("Report")}>
    <p class="row r-name"><span>${shop?.shop_name}</span></p><p class="row r-middle"><span>${shop?.till_name ?? ""} · ${day(report.day)} · ${report.z?.after === 0 ? `Z ${report.z.number}` : "X"}</span></p>
    <table><caption>${say("Sold and taken back")}</caption><tbody>
      ${row(say("Sales: {n}", { n: count(report.sales) }), money(report.sales?.sum_minor ?? 0))}
      ${row(say("Refunds: {n}", { n: count(report.refunds) }), money(report.refunds?.sum_minor ?? 0))}
      ${report.first ? row(say("Receipts"), report.first === report.last ? report.first : `${report.first} – ${report.last}`) : null}
      ${report.unsent ? row(say("Not at the box yet"), report.unsent, "strong") : null}</tbody></table>
    <table><caption>${say("How it was paid")}</caption><tbody>${(report.by_tender ?? []).map((one) => row(`${tender(one.kind)}${one.n ? ` · ${one.n}` : ""}`, money(one.sum_minor)))}
      ${report.rounding_minor ? row(say("Cash rounding"), money(report.rounding_minor)) : null}</tbody></table>
    <table><caption>${say("VAT")}</caption><thead><tr><th scope="col">${say("Rate")}</th><th scope="col" class="sum">${say("With VAT")}</th><th scope="col" class="sum">${say("VAT")}</th></tr></thead>
      <tbody>${(report.by_vat ?? []).map((one) => html`<tr><th scope="row">${rate(one.vat_ppm)}</th><td class="sum">${plainMoney(one.gross_minor)}</td><td class="sum">${plainMoney(one.vat_minor)}</td></tr>`)}</tbody></table>
    <table><caption>${say("Drawer")}</caption><tbody>
      ${row(say("Float in"), money(report.cash?.float_minor ?? 0))}${row(say("Cash taken"), money(report.cash?.cash_minor ?? 0))}
      ${row(say("Dropped to the safe"), money(-(report.cash?.dropped_minor ?? 0)))}
      ${report.cash?.counted_minor !== null && report.cash?.counted_minor !== undefined ? [row(say("Should be"), money(report.cash.expected_minor), "strong"), row(say("Counted"), money(report.cash.counted_minor), "strong")] : null}</tbody></table>
  </div>`;
}
