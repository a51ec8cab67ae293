/** Who serves: a tap on a name, then a PIN on the pad or the keyboard. The PIN is never kept here and never shown. */

import { html, useState } from "../vendor/preact-htm.js";
import { Pad } from "./pad.js";
import { Head, useKeys } from "./ui.js";
import { counted, say } from "./words.js";

const PIN_MAX = 12;

export function SignIn({ till, ui, waiting = 0 }) {
  const people = till.shop?.operators ?? [];
  const [name, setName] = useState(people.length === 1 ? people[0].name : null);
  const [pin, setPin] = useState("");
  const [busy, setBusy] = useState(false);
  const [marked, setMarked] = useState(0);
  const choose = (one) => { setName(one); setPin(""); ui.clear(); };
  const enter = async () => {
    if (busy || !name) return;
    if (!pin) return void ui.fault(say("Type your PIN."), say("Forgotten? The owner sets a new one on the box's own screen, on the page 'Tills'."));
    setBusy(true);
    const done = await ui.run(() => till.signIn(name, pin));
    setBusy(false);
    setPin("");
    if (done) ui.go("sell");
  };
  const press = (key) => {
    if (key === "enter") enter();
    else if (key === "back") setPin((old) => old.slice(0, -1));
    else if (/^\d+$/.test(key)) setPin((old) => (old + key).slice(0, PIN_MAX));
  };
  useKeys((event) => {
    if (ui.isBlocked()) return false;
    if (!name) {
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      if (step) setMarked((marked + step + people.length) % people.length);
      else if (event.key === "Enter" && people[marked] && event.target.tagName !== "BUTTON") choose(people[marked].name);
      else if (/^[1-9]$/.test(event.key) && people[event.key - 1]) choose(people[event.key - 1].name);
      else return false;
      return true;
    }
    if (event.key === "Escape" && people.length > 1) choose(null);
    else if (event.key === "Enter" && event.target.dataset?.key !== "name") enter();
    else if (event.key === "Backspace") press("back");
    else if (/^\d$/.test(event.key)) press(event.key);
    else return false;
    return true;
  });
  const held = waiting ? html`<p class="note" data-waiting>${counted("1 scanned item waits for you.", "{n} scanned items wait for you.", waiting)}</p>` : null;
  return html`<main class="split" data-screen="sign-in">
    <section class="side">
      <${Head} title=${name ? name : say("Who serves?")} back=${name && people.length > 1 ? () => choose(null) : null} />
      ${held}
      ${till.state.doubted && html`<p class="refused" role="alert" data-doubted>! ${say("The box is back, and the PIN of {name} did not fit. Sign in once more: basket and sales are kept.", { name: till.state.doubted })}</p>`}
      ${name ? html`<p class="lead">${say("Type your PIN.")}</p>
        <p class="pin" role="img" aria-label=${say("{n} digits typed", { n: pin.length })} data-digits=${pin.length}>${[...Array(Math.max(4, pin.length))].map((_, n) => html`<i class=${n < pin.length ? "on" : ""}></i>`)}</p>
        ${till.state.box === "away" && html`<p class="note">${say("The box is away: your PIN goes sealed beside your first sale and is checked later.")}</p>`}`
    : people.length === 0 ? html`<p class="lead">${say("Nobody may sell here yet.")}</p><p>${say("The owner adds people and their PINs on the box's pages; then this page knows them by itself.")}</p>`
      : html`<ul class="people">${people.map((one, place) => html`<li key=${one.name}><button type="button" data-key="name" class=${place === marked ? "marked" : ""} onClick=${() => choose(one.name)}>
          <kbd>${place < 9 ? place + 1 : ""}</kbd><span>${one.name}${one.has_pin === false && html`<small>${say("no PIN yet")}</small>`}</span></button></li>`)}</ul>`}
    </section>
    ${name ? html`<${Pad} onKey=${press} withSign=${false} main=${{ text: busy ? say("Checking …") : say("Start serving"), name: "enter", onPress: enter, disabled: busy }} />`
      : html`<section class="keys calm"><p class="welcome"><span class="mark" aria-hidden="true"></span>${till.shop?.shop_name ?? ""}</p></section>`}
  </main>`;
}
