/** Quotes: the customer who came back finds theirs, and it becomes a sale at the prices that were promised. */

import { html, useRef, useState } from "../vendor/preact-htm.js";
import { lineAmount } from "../core/money.js";
import { Busy } from "./refund.js";
import { Head, focusOn, useAsked } from "./ui.js";
import { counted, day, money, say } from "./words.js";

/** A quote's lines come to this; prices are as the shop quotes them. */
const sumOf = (lines) => lines.reduce((sum, one) => sum + (one.amount_minor ?? lineAmount(one.quantity, one.unit_price)), 0);

export function Quotes({ till, ui }) {
  const [text, setText] = useState("");
  const field = useRef(null);
  focusOn(field);
  const quotes = useAsked(() => till.quotes(text), [text]);
  const wanted = text.trim().toLowerCase();
  const shown = (quotes ?? []).filter((one) => !wanted || `${one.number} ${one.customer ?? ""} ${one.customer_name ?? ""}`.toLowerCase().includes(wanted));
  const sell = async (one) => { if (await ui.run(() => till.sellQuote(one.number))) ui.go("sell"); };
  if (till.basket.lines.length) return html`<${Busy} ui=${ui} title=${say("Quotes")} />`;
  return html`<main class="still wide" data-screen="quotes"><${Head} title=${say("Quotes")} back=${() => ui.go("more")} />
    <label class="field">${say("Number or customer")}<input id="entry" ref=${field} maxlength="60" autocomplete="off" value=${text} onInput=${(event) => setText(event.target.value)} /></label>
    <ul class="choices">${shown.slice(0, 30).map((one) => html`<li key=${one.number}><button type="button" data-quote=${one.number} onClick=${() => sell(one)}>
      <span class="name">${one.number}${one.customer ? ` · ${one.customer_name ?? one.customer}` : ""}</span>
      <span class="quiet">${one.valid_until ? say("valid until {day}", { day: day(one.valid_until) }) : ""}${one.valid_until && till.state.day && one.valid_until < till.state.day ? ` · ! ${say("has run out")}` : ""} · ${counted("1 line", "{n} lines", Array.isArray(one.lines) ? one.lines.length : one.lines)}</span>
      <span class="sum">${money(one.sum_minor ?? sumOf(one.lines))}</span></button></li>`)}</ul>
    ${quotes && !shown.length && html`<p class="note">${say("No quote here. To make one: fill the basket, then Menu, then Make a quote of the basket.")}</p>`}
  </main>`;
}
