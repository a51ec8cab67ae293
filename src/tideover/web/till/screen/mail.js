/** A receipt by e-mail: the customer's address, asked once and kept nowhere on this device. The box sends it, now or when the line is back. */

import { html, useState } from "../vendor/preact-htm.js";
import { Sheet } from "./sheet.js";
import { say } from "./words.js";

/** What opens it, where the shop has a mail server. */
export function MailKey({ till, ui, entry, onGiven, letter }) {
  if (!till.shop?.has_mail) return null;
  const open = () => ui.open({ name: "mail", entry, onGiven });
  return html`<button type="button" class="wide" data-key="mail" onClick=${open}>${letter && html`<kbd>${letter}</kbd> `}${say("E-mail the receipt")}</button>`;
}

/** dialog: {entry, onGiven}. */
export function Mail({ till, ui, close, dialog }) {
  const [address, setAddress] = useState("");
  const send = async (event) => {
    event.preventDefault();
    if (!address.trim()) return void ui.fault(say("No address was typed."), say("Ask the customer for it, or print the receipt."));
    const answer = await ui.run(() => till.mailReceipt(dialog.entry, address.trim()));
    if (!answer) return;
    dialog.onGiven?.();
    close();
    ui.tell(say("It goes by e-mail: now, or as soon as the line is back."));
  };
  return html`<${Sheet} title=${say("Receipt by e-mail")} name="mail" onClose=${close}><form onSubmit=${send}>
    <label class="field">${say("The customer's address")}<input data-first name="mail" inputmode="email" maxlength="254" autocomplete="off" autocapitalize="off" spellcheck="false" value=${address} onInput=${(event) => setAddress(event.target.value)} /></label>
    <p class="note">${say("It is used for this receipt and then forgotten.")}</p>
    <button class="main" data-key="take"><strong>${say("Send it")}</strong></button></form><//>`;
}
