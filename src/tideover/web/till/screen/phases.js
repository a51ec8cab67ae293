/** What stands where selling would: starting, a second tab, revoked, closed by law, an address that is not safe, broken. Each says why and what to do now. */

import { html } from "../vendor/preact-htm.js";
import { useAsked } from "./ui.js";
import { clock, counted, money, say } from "./words.js";

export function Starting({ state }) {
  return html`<main class="still" data-screen="starting"><h1>${say("Opening the till …")}</h1>
    ${state.phaseWhy?.text && html`<p class="lead">${say(state.phaseWhy.text, state.phaseWhy.facts)}</p><p>${say("It opens by itself as soon as the box answers. Until then write numbered slips.")}</p>`}</main>`;
}

/** Another tab sells; this one only shows, and offers to take over where `till` can. */
export function SecondTab({ till, ui }) {
  const entries = useAsked(() => till.entries(10), [till.state.revision]);
  return html`<main class="still wide" data-screen="second-tab">
    <div class="banner" role="alert"><span class="sign" aria-hidden="true">▤</span><div><h1>${say("The till is open in another tab")}</h1>
      <p>${say("Sell there. This tab only shows; nothing can be changed here, so that no sale is made twice.")}</p></div>
      ${typeof till.takeOver === "function" && html`<button type="button" class="light" data-key="take-over" onClick=${() => ui.run(() => till.takeOver())}>${say("Sell in this tab instead")}</button>`}</div>
    <h2>${say("Sold last")}</h2>
    ${entries?.length === 0 && html`<p class="note">${say("Nothing was sold here yet.")}</p>`}
    <ul class="choices">${(entries ?? []).map((one) => html`<li class="shown" key=${one.id}><span class="name">${one.number}</span><span class="quiet">${clock(one.happened_at, ui.now())}</span><span class="sum">${money(one.sum_minor ?? 0)}</span></li>`)}</ul>
  </main>`;
}

/** Where the country's page forbids an uncertified till: rung 4 stays closed, and slips are the way. */
export function ClosedByLaw({ till }) {
  const law = till.shop?.law ?? {};
  return html`<main class="still wide" data-screen="closed-by-law"><h1><span aria-hidden="true">⊘</span> ${say("This till may not sell here")}</h1>
    <p class="lead">${say(law.why || "No law page of this country allows it.")}</p>
    <section class="card"><h2>${say("What to do now")}</h2><ol class="how"><li><strong>${say("Take the numbered slips out and write each sale by hand.")}</strong></li>
      ${(law.duties ?? []).map((one) => html`<li key=${one}>${say(one)}</li>`)}</ol>
      <p><a class="button" href="/slips">${say("Key slips in when the outage is over")}</a></p></section>
    ${law.sources?.length && html`<p class="note">${say("Where this stands")}: ${law.sources.join("; ")}</p>`}
  </main>`;
}

/** The box does not know this till any more; what is unsent stays and can be taken out. */
export function Revoked({ state, ui }) {
  return html`<main class="still wide" data-screen="revoked"><h1><span aria-hidden="true">⊘</span> ${say("This till was switched off")}</h1>
    <p class="lead">${state.phaseWhy?.text ? say(state.phaseWhy.text) : say("Somebody revoked it on the box's page of tills. It sells nothing more.")}</p>
    <section class="card"><h2>${say("What to do now")}</h2><ol class="how">
      ${state.queue > 0 && html`<li>${counted("1 entry is on this device only: take it out first.", "{n} entries are on this device only: take them out first.", state.queue)} <button type="button" class="light" data-key="rescue" onClick=${() => ui.go("standing")}>${say("Take the unsent sales out")}</button></li>`}
      <li>${say("Sell at another till, or write numbered slips.")}</li>
      <li>${say("Was it a mistake? Press 'Let a till in' on the box's page of tills and enrol this device again.")} <button type="button" class="light" data-key="enrol" onClick=${() => ui.go("enrol")}>${say("Enrol again")}</button></li></ol></section>
  </main>`;
}

/** Where the browser keeps nothing for good: an address it does not trust, or a browser that is too old. Nothing was ever sold here. */
export function Unsafe() {
  const isOld = globalThis.isSecureContext;
  const own = `http://localhost${location.port ? `:${location.port}` : ""}/till/`;
  return html`<main class="still wide" data-screen="unsafe"><h1><span aria-hidden="true">⊘</span> ${isOld ? say("This browser is too old for a till") : say("This device does not trust the box yet")}</h1>
    <p class="lead">${isOld ? say("It cannot make sure that only one tab sells.") : say("A till keeps what it sells on the device itself, and browsers allow that only at an address that they trust. {address} is none.", { address: location.origin })}</p>
    <section class="card"><h2>${say("What to do now")}</h2><ol class="how">
      <li>${say("Customers are waiting? Write numbered slips, and key them in on the page of slips.")} <a class="button" href="/slips" data-key="slips">${say("Open the page of slips")}</a></li>
      ${isOld ? html`<li>${say("Update this browser, or open the till in another one: Chrome, Edge, Firefox or Safari.")}</li>`
    : html`<li>${say("Let this device trust the box, once; then open the till there.")} <a class="button" href="/trust" data-key="trust">${say("How this device trusts the box")}</a></li>
      <li>${say("Is this the box's own machine? There the till opens at once:")} <a href=${own} data-key="own">${own}</a></li>`}</ol></section>
  </main>`;
}

export function Broken({ state, ui }) {
  return html`<main class="still wide" data-screen="broken"><h1><span aria-hidden="true">!</span> ${say("The till cannot go on")}</h1>
    <${Why} state=${state} usual=${say("Its storage does not answer as it should.")} />
    <section class="card"><h2>${say("What to do now")}</h2><ol class="how"><li>${say("Write numbered slips for the next customers.")}</li>
      <li>${say("Open the till again. What was paid stays stored.")} <button type="button" class="light" data-key="reload" onClick=${() => location.reload()}>${say("Open it again")}</button></li>
      <li>${say("If it stays so, take the unsent sales out and tell the owner.")} <button type="button" class="light" onClick=${() => ui.go("standing")}>${say("Take the unsent sales out")}</button></li></ol></section>
  </main>`;
}

function Why({ state, usual }) {
  const why = state.phaseWhy;
  return html`<p class="lead">${why?.text ? say(why.text, why.facts) : usual}</p>${why?.hint && html`<p class="note">${say(why.hint, why.facts)}</p>`}`;
}
