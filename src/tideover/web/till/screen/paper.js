/** A receipt, a quote or a report as it stands on paper: rows that the core made. Also what is printed where no receipt printer is. */

import { html } from "../vendor/preact-htm.js";
import { say } from "./words.js";

/** rows: [{left, right?, style, cells?}] of core/receipt.js. */
export function Paper({ rows, label = say("Receipt") }) {
  return html`<div class="paper" tabindex="0" role="region" aria-label=${label}>${(rows ?? []).map((row, place) => html`<${Row} key=${place} row=${row} />`)}</div>`;
}

function Row({ row }) {
  if (row.style === "rule") return html`<hr />`;
  if (row.cells?.length) return html`<p class=${`row-cells r-${row.style}`}>${row.cells.map((text) => html`<span>${text}</span>`)}</p>`;
  return html`<p class=${`row r-${row.style ?? "pair"}`}><span>${row.left}</span>${row.right ? html`<span class="sum">${row.right}</span>` : null}</p>`;
}

/** Prints what is shown as paper, through the browser. */
export function printPage() {
  globalThis.print?.();
}
