/** Everything that is not the next sale, as large keys; and the sales of this till, to show or print one again. */

import { html, useState } from "../vendor/preact-htm.js";
import { MailKey } from "./mail.js";
import { Paper } from "./paper.js";
import { printed } from "./paid.js";
import { Head, useAsked, useKeys } from "./ui.js";
import { clock, money, say, tender } from "./words.js";

const PLACES = [
  ["refund", "↩", "Refund", "with or without the receipt"], ["quote", "✎", "Make a quote of the basket", "prices promised, nothing sold"],
  ["quotes", "☰", "Quotes", "the customer who came back"], ["sales", "▤", "Receipts", "show or print one again"],
  ["drawer", "▣", "Drawer", "float in, drop, count"], ["report", "Σ", "X and Z", "how this till stands"],
  ["standing", "◷", "How this till stands", "what waits, ages, rescue, settings"], ["keys", "?", "Keys", "the whole till by keyboard"],
];

export function More({ till, ui }) {
  const open = (name) => {
    if (name === "keys") ui.open({ name: "keys" });
    else if (name === "quote") quote(till, ui);
    else ui.go(name);
  };
  useKeys((event) => {
    if (ui.isBlocked()) return false;
    if (event.key === "Escape") ui.go("sell");
    else if (/^[1-8]$/.test(event.key)) open(PLACES[event.key - 1][0]);
    else return false;
    return true;
  });
  return html`<main class="still wide" data-screen="more"><${Head} title=${say("Menu")} back=${() => ui.go("sell")} />
    <ul class="tiles">${PLACES.map(([name, icon, title, sub], place) => html`<li key=${name}><button type="button" data-place=${name} onClick=${() => open(name)}>
      <span class="icon" aria-hidden="true">${icon}</span><span><strong>${say(title)}</strong><small>${say(sub)}</small></span><kbd>${place + 1}</kbd></button></li>`)}</ul>
    <p class="note"><a href="/" data-wall>${say("The box's pages: what is down, playbooks, the day's end")}</a></p>
  </main>`;
}

async function quote(till, ui) {
  if (!till.basket.lines.length) return void ui.fault(say("The basket is empty."), say("Scan what the customer asks for; then make the quote here."));
  const made = await ui.run(() => till.quote());
  if (made) ui.go("paid", { paid: { ...made, kind: "quote" } });
}

const WHERE = { here: "↑ on this device", box: "✓ at the box", safe: "✓ at the box and beyond", refused: "! to look at" };

export function Sales({ till, ui }) {
  const entries = useAsked(() => till.entries(50), [till.state.revision]);
  const [shown, setShown] = useState(null);
  const rows = useAsked(() => (shown ? till.receipt(shown.id, { copy: true }) : null), [shown]);
  useKeys((event) => (event.key === "Escape" && !ui.isBlocked() ? (shown ? setShown(null) : ui.go("more"), true) : false));
  const list = (entries ?? []).filter((one) => ["sale", "refund", "quote"].includes(one.kind));
  return html`<main class="split" data-screen="sales">
    <section class="side"><${Head} title=${say("Receipts of this till")} back=${() => ui.go("more")} />
      <ul class="choices scroll">${list.map((one) => html`<li key=${one.id}><button type="button" aria-pressed=${String(shown?.id === one.id)} data-entry=${one.number} onClick=${() => setShown(one)}>
        <span class="name">${one.number}${one.kind === "refund" ? ` · ${say("Refund")}` : ""}</span><span class="quiet">${clock(one.happened_at, ui.now())}${one.tenders?.length ? ` · ${one.tenders.map((part) => tender(part.kind ?? part)).join(", ")}` : ""} · ${say(WHERE[one.where] ?? "")}</span><span class="sum">${money(one.sum_minor)}</span></button></li>`)}</ul>
      ${entries && !list.length && html`<p class="note">${say("Nothing was sold here yet.")}</p>`}</section>
    <section class="keys done">${shown && rows ? html`<${Paper} rows=${rows} /><button type="button" class="main" data-key="print" onClick=${() => printed(till, ui, shown.id, { copy: true })}><strong>${say("Print a copy")}</strong></button>
      ${shown.kind !== "quote" && html`<${MailKey} till=${till} ui=${ui} entry=${shown.id} />`}`
      : html`<p class="note">${say("Choose one to see it here.")}</p>`}</section>
  </main>`;
}
