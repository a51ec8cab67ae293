/** Paid: the change, large; the receipt; and the next customer. Shown only after the sale is safely stored. */

import { html, useEffect, useState } from "../vendor/preact-htm.js";
import { MailKey } from "./mail.js";
import { MainKey } from "./pad.js";
import { Paper, printPage } from "./paper.js";
import { useKeys } from "./ui.js";
import { money, say } from "./words.js";

export function Paid({ till, ui, paid }) {
  const isQuote = paid.kind === "quote";
  const isBack = paid.kind === "refund";
  const sum = Math.abs((paid.entry?.body?.tenders ?? []).reduce((all, one) => all + one.amount_minor, 0));
  const next = () => ui.go("sell");
  const id = paid.entry?.id ?? paid.entry;
  const [copy, setCopy] = useState(null); // A copy's rows: printed once they are on the screen.
  const [isGiven, setGiven] = useState(false);
  useEffect(() => { if (copy) printPage(); }, [copy]);
  const page = async (isCopy) => (isCopy ? setCopy(await till.receipt(id, { copy: true })) : printPage());
  const print = async () => { if (await printed(till, ui, id, { page })) setGiven(!isQuote); };
  useKeys((event) => {
    if (ui.isBlocked()) return false;
    if (event.key === "Enter" && event.target.tagName !== "BUTTON") next();
    else if (event.key === "p" || event.key === "P") print();
    else if (event.key === "e" || event.key === "E") document.querySelector("[data-key=mail]")?.click();
    else if (event.key === "Escape") next();
    else if (event.key === "?") ui.open({ name: "keys" });
    else return false;
    return true;
  });
  return html`<main class="split" data-screen="paid" data-kind=${paid.kind}>
    <section class="side"><${Paper} rows=${copy ?? paid.rows} label=${isQuote ? say("Quote") : say("Receipt")} /></section>
    <section class="keys done">
      <div class="result" role="status">
        <p class="tick"><span aria-hidden="true">✓</span> ${isQuote ? say("Quote {number} is kept", { number: paid.number }) : isBack ? say("Refund {number} is kept", { number: paid.number }) : say("Paid. Receipt {number}", { number: paid.number })}</p>
        ${!isQuote && (paid.change_minor ? html`<p class="huge"><small>${say("Change")}</small><strong data-change>${money(paid.change_minor)}</strong></p>`
          : isBack ? html`<p class="huge"><small>${say("Give the customer")}</small><strong data-change>${money(sum)}</strong></p>`
            : html`<p class="huge none"><small>${say("No change")}</small><strong data-change>${money(0)}</strong></p>`)}
        <p class="note">${till.state.box === "away" ? say("Stored on this device; it goes to the box by itself when the box answers.") : say("Stored on this device and on its way to the box.")}</p>
      </div>
      <button type="button" class="wide" data-key="print" onClick=${print}><kbd>P</kbd> ${isQuote ? say("Print the quote") : isGiven ? say("Print a copy") : say("Print the receipt")}</button>
      ${!isQuote && html`<${MailKey} till=${till} ui=${ui} entry=${id} letter="E" onGiven=${() => setGiven(true)} />`}
      <${MainKey} text=${say("Next customer")} sub=${say("or just scan")} name="next" onPress=${next} />
    </section>
  </main>`;
}

const asked = new Set(); // Entries whose paper is being asked for: a key pressed twice is one wish.

/** Prints by the box's printer if it is here, else by the browser; says which, and true if a paper came out or may have. page:
 * prints what is shown. What the browser prints is told to the journal: whether it came out, no browser says. */
export async function printed(till, ui, entry, { copy = false, page = printPage } = {}) {
  if (asked.has(entry)) return false;
  asked.add(entry);
  const answer = await ui.run(() => till.printReceipt(entry, { copy })).finally(() => asked.delete(entry));
  if (!answer) return false;
  if (answer.way === "browser") {
    await page(answer.is_copy);
    if (answer.is_receipt) await ui.run(() => till.given(entry, "screen", { copy: answer.is_copy, certain: false }));
  } else if (answer.way === "unheard") {
    ui.fault(say("The box did not answer: receipt {number} may have come out.", answer), say("Look at the printer. If nothing came out, print a copy."));
  } else if (answer.text) ui.tell(say(answer.text, answer.facts ?? {}));
  else ui.tell(answer.way === "queued" ? say("The printer is busy: it prints when it is ready. If the customer cannot wait, write a receipt by hand.") : say("It is being printed."));
  return true;
}
