/** The basket as a list: what, how many, for how much. Touching a line chooses it for the keys beside the pad. */

import { html, useEffect, useRef } from "../vendor/preact-htm.js";
import { keepFocus } from "./pad.js";
import { plainMoney, quantity, say, unitPrice } from "./words.js";

export function Basket({ basket, chosen, onChoose }) {
  const list = useRef(null);
  useEffect(() => { list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" }); }, [chosen, basket.lines.length]);
  if (basket.lines.length === 0) {
    return html`<div class="empty"><span class="scan" aria-hidden="true"></span><p><strong>${say("Scan the first item.")}</strong></p>
      <p>${say("No barcode? Type a few letters of its name.")} <span class="for-keys">${say("? shows the keys.")}</span></p></div>`;
  }
  return html`<ol class="lines" ref=${list} tabindex="0" aria-label=${say("Basket")}>
    ${basket.lines.map((one, place) => html`<li key=${place} aria-current=${place === chosen ? "true" : undefined}>
      <button type="button" class="line" data-line=${place} onPointerDown=${keepFocus} onClick=${() => onChoose(place)}>
        <span class="count">${quantity(one.quantity)}</span>
        <span class="name">${one.name}${under(one)}</span>
        <span class="sum">${plainMoney(one.amount_minor)}</span>
      </button></li>`)}
  </ol>`;
}

/** What a line says below its name: price for one where there are several, a changed price, a discount. */
function under(one) {
  const parts = [];
  if (Math.abs(one.quantity) !== 1_000 || one.list_price_changed) parts.push(`× ${unitPrice(one.unit_price)}`);
  if (one.list_price !== undefined && one.list_price !== null && one.list_price !== one.unit_price) parts.push(say("list price {price}", { price: unitPrice(one.list_price) }));
  if (one.discount_minor) parts.push(say("off {sum}", { sum: plainMoney(Math.abs(one.discount_minor)) }));
  return parts.length ? html`<small>${parts.join(" · ")}</small>` : null;
}
