/** More than a person may do alone: says who may, and lets one of them allow it with their own PIN. */

import { html, useState } from "../vendor/preact-htm.js";
import { Sheet } from "./sheet.js";
import { setting } from "./shop.js";
import { money, rate, say } from "./words.js";

/**
 * Does `wish` if the person may, else asks somebody who may. Resolves to true where it was done now.
 * ask: () => Promise<{ok, limit_minor, who}>, or null where nobody needs to allow it.
 */
export async function permitted(ui, wish, ask) {
  const { till } = ui;
  const told = ask ? await ui.run(ask) : { ok: true };
  if (!told) return false;
  if (told.ok) return Boolean(await ui.run(() => till.act(wish)));
  const limit = told.limit_minor ? say("You may give up to {sum} by yourself.", { sum: money(told.limit_minor) }) : say("You may give up to {rate} off by yourself.", { rate: rate(setting(till, "discount_limit_ppm") ?? 0) });
  if (told.who.length) ui.open({ name: "allow", who: told.who, limit, wish });
  else ui.fault(say("Nobody here may allow that."), `${limit} ${say("Leave it as it is, or ask the owner for a grant.")}`);
  return false;
}

/** One of those who may types a PIN; then it is done. */
export function Allow({ till, ui, close, dialog }) {
  const [name, setName] = useState(dialog.who[0]);
  const [pin, setPin] = useState("");
  const allow = async (event) => {
    event.preventDefault();
    if (dialog.wish && !(await ui.run(() => till.act(dialog.wish)))) return;
    const done = await ui.run(() => till.allow(name, pin));
    setPin("");
    if (done) close();
    if (done) dialog.then?.();
    else if (dialog.wish) undo(till, dialog.wish);
  };
  return html`<${Sheet} title=${say("Somebody has to allow this")} name="allow" onClose=${close}><form onSubmit=${allow}>
    <p class="lead">${dialog.limit} ${say("{who} may do this.", { who: dialog.who.join(", ") })}</p>
    ${dialog.who.length > 1 && html`<label class="field">${say("Who allows it?")}<select name="who" value=${name} onChange=${(event) => setName(event.target.value)}>${dialog.who.map((one) => html`<option key=${one}>${one}</option>`)}</select></label>`}
    <label class="field">${say("PIN of {name}", { name })}<input data-first data-money name="pin" type="password" inputmode="numeric" autocomplete="off" maxlength="12" value=${pin} onInput=${(event) => setPin(event.target.value)} /></label>
    <div class="two"><button type="button" class="wide" onClick=${close}>${say("Leave it as it is")}</button><button class="main" data-key="take"><strong>${say("Allow it")}</strong></button></div></form><//>`;
}

/** Not allowed after all: the line is as it was. */
function undo(till, wish) {
  if (wish.do === "discount") till.act({ ...wish, discount_minor: 0 });
  else if (wish.do === "price" && till.basket.lines[wish.line]?.list_price) till.act({ ...wish, unit_price: till.basket.lines[wish.line].list_price });
}
