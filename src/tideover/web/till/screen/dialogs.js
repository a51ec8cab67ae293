/** What opens on top of the sell screen: free line, customer, note, park and fetch, who serves, a receipt by e-mail, the keys. Escape closes each; a scan behind it still sells. */

import { html, useState } from "../vendor/preact-htm.js";
import { useAsked } from "./ui.js";
import { Allow } from "./allow.js";
import { Mail } from "./mail.js";
import { Sheet } from "./sheet.js";
import { ratesOn } from "./shop.js";
import { SCALES, clock, counted, money, rate, say, typed } from "./words.js";

/** The open dialog, if any. */
export function Dialog({ dialog, till, ui }) {
  if (!dialog) return null;
  const close = () => ui.open(null);
  const Shown = { free: Free, customer: Customer, note: Note, park: Park, operator: Operator, keys: Keys, allow: Allow, mail: Mail }[dialog.name];
  return Shown ? html`<${Shown} key=${dialog.name} till=${till} ui=${ui} close=${close} dialog=${dialog} />` : null;
}

function Free({ till, ui, close, dialog }) {
  const rates = ratesOn(till, till.state.day);
  const [name, setName] = useState(dialog.label ?? "");
  const [price, setPrice] = useState(dialog.price ?? "");
  const [vat, setVat] = useState(rates[0]?.vat_ppm ?? 0);
  const add = async (event) => {
    event.preventDefault();
    const value = typed(price, SCALES.PRICE);
    if (!name.trim() || value === null) return void ui.fault(say("A free line needs what it is and its price."), say("Type both, like: Bicycle bell, 9.90."));
    if (await ui.run(() => till.act({ do: "free", name: name.trim(), unit_price: value, vat_ppm: Number(vat), quantity: 1_000 }))) close();
  };
  return html`<${Sheet} title=${say("Free line")} name="free" onClose=${close}><form onSubmit=${add}>
    <label class="field">${say("What is it?")}<input data-first=${!dialog.label} name="name" maxlength="200" autocomplete="off" value=${name} onInput=${(event) => setName(event.target.value)} /></label>
    <div class="two"><label class="field">${say("Price for one")}<input data-first=${Boolean(dialog.label)} data-money name="price" inputmode="decimal" maxlength="14" autocomplete="off" value=${price} onInput=${(event) => setPrice(event.target.value)} /></label>
    <label class="field">${say("VAT")}<select name="vat" value=${vat} onChange=${(event) => setVat(event.target.value)}>${rates.map((one) => html`<option value=${one.vat_ppm}>${rate(one.vat_ppm)}</option>`)}</select></label></div>
    <button class="main" data-key="take"><strong>${say("Into the basket")}</strong></button></form><//>`;
}

function Customer({ till, ui, close }) {
  const [text, setText] = useState("");
  const people = useAsked(() => till.customers(text), [text]);
  const choose = async (one) => { if (await ui.run(() => till.act({ do: "customer", customer: one }))) close(); };
  const first = (event) => { event.preventDefault(); if (people?.length) choose(people[0]); };
  return html`<${Sheet} title=${say("Customer")} name="customer" onClose=${close}>
    <form onSubmit=${first}><label class="field">${say("Name or number")}<input data-first name="customer" maxlength="80" autocomplete="off" value=${text} onInput=${(event) => setText(event.target.value)} /></label></form>
    ${till.basket.customer && html`<p class="chosen"><strong>✓ ${till.basket.customer.name}</strong> <button type="button" class="light" onClick=${() => choose(null)}>${say("No customer")}</button></p>`}
    <ul class="choices">${(people ?? []).slice(0, 8).map((one) => html`<li key=${one.code}><button type="button" data-choice=${one.code} onClick=${() => choose(one)}><span class="name">${one.name}</span><span class="quiet">${one.code}${one.account ? ` · ${say("may buy on account")}` : ""}</span></button></li>`)}</ul>
    ${people?.length === 0 && html`<p class="note">${text ? say("Nobody of that name is known here. Sell without a customer and write the name as a note.") : say("Type the first letters of the name.")}</p>`}<//>`;
}

function Note({ till, ui, close }) {
  const [note, setNote] = useState(till.basket.note ?? "");
  const keep = async (event) => { event.preventDefault(); if (await ui.run(() => till.act({ do: "note", note: note.trim() }))) close(); };
  return html`<${Sheet} title=${say("A note")} name="note" onClose=${close}><form onSubmit=${keep}>
    <label class="field">${say("Stands on the receipt")}<input data-first name="note" maxlength="200" autocomplete="off" value=${note} onInput=${(event) => setNote(event.target.value)} /></label>
    <button class="main" data-key="take"><strong>${say("Keep it")}</strong></button></form><//>`;
}

function Park({ till, ui, close }) {
  const [label, setLabel] = useState("");
  const parked = useAsked(() => till.parked(), [till.state.revision]);
  const hasLines = till.basket.lines.length > 0;
  const park = async (event) => { event.preventDefault(); if (await ui.run(() => till.park(label.trim()))) { close(); ui.tell(say("Parked. Serve the next customer.")); } };
  const fetch = async (one) => { if (await ui.run(() => till.fetch(one.id))) { close(); ui.go("sell"); } };
  return html`<${Sheet} title=${say("Park and fetch")} name="park" onClose=${close}>
    ${hasLines && html`<form onSubmit=${park} class="two low"><label class="field">${say("By what do you know this customer again?")}<input data-first name="label" maxlength="60" autocomplete="off" placeholder=${say("red jacket")} value=${label} onInput=${(event) => setLabel(event.target.value)} /></label>
      <button class="main" data-key="take"><strong>${say("Park it")}</strong></button></form>`}
    ${parked?.length ? html`<h3>${say("Parked")}</h3><ul class="choices">${parked.map((one) => html`<li key=${one.id}><button type="button" data-fetch=${one.id} disabled=${hasLines} onClick=${() => fetch(one)}>
      <span class="name">${one.label || say("Without a word")}</span><span class="quiet">${clock(one.started_at, ui.now())} · ${counted("1 line", "{n} lines", Array.isArray(one.lines) ? one.lines.length : one.lines)}${one.operator ? ` · ${one.operator}` : ""}</span><span class="sum">${money(one.sum_minor)}</span></button></li>`)}</ul>
      ${hasLines && html`<p class="note">${say("Park or finish the open basket first; then fetch another.")}</p>`}`
    : parked && !hasLines ? html`<p class="note">${say("Nothing is parked. Scan something, and you can put the basket aside here while you serve somebody else.")}</p>` : null}<//>`;
}

function Operator({ till, ui, close }) {
  const out = async () => { if (await ui.run(() => till.signOut())) close(); };
  return html`<${Sheet} title=${till.state.operator?.name ?? ""} name="operator" onClose=${close}>
    <p>${say("Another person serves? Hand over here; the open basket stays.")}</p>
    <button class="main" data-first data-key="sign-out" onClick=${out}><strong>${say("Hand over to another person")}</strong></button><//>`;
}

const KEYS = [
  ["3 * milk ↵", "three of what is called milk"], ["↑ ↓", "choose a result, or a line of the basket"], ["↵", "take it; on an empty line: pay"],
  ["F2 F3 F4", "quantity, price, discount of the chosen line"], ["Del", "take the chosen line away"], ["F6 F7 F8", "customer, note, park and fetch"],
  ["F9", "pay"], ["F10", "menu: refund, quotes, drawer, reports"], ["F2 … F8", "when paying: the way it is paid, as its key says"],
  ["↵", "when paying: take the sum; nothing typed means all that is left"], ["P E ↵", "when paid: print, e-mail; next customer"], ["F10 6 F9", "the day of this till: count the drawer, then end it with its Z"], ["Esc", "back, or close"], ["?", "these keys"],
];

function Keys({ close }) {
  return html`<${Sheet} title=${say("Keys")} name="keys" onClose=${close}>
    <dl class="key-list">${KEYS.map(([key, text]) => html`<div><dt><kbd>${say(key)}</kbd></dt><dd>${say(text)}</dd></div>`)}</dl><//>`;
}
