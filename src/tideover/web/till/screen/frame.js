/** The frame around every screen: what is always in sight. Box here or away, what waits, how old prices and stock are, the outage, who serves, PRACTICE. */

import { html } from "../vendor/preact-htm.js";
import { age, clock, counted, say } from "./words.js";

const OLD_MS = 24 * 3_600_000; // Prices older than this are told as a warning.
const UNKNOWING = ["enrol", "unsafe", "broken"]; // Nothing can be said there of box, queue and prices.
const RUNGS = { 0: "cloud till", 1: "cloud till over another line", 2: "cloud till on another device", 3: "the vendor's offline mode", 4: "this till", 5: "paper slips" };

/** now: the page's clock, UTC ms. */
export function Frame({ till, state, ui, place, now, children }) {
  const { isPractice } = state;
  return html`<div class=${`frame ${isPractice ? "practice" : ""}`} data-phase=${state.phase}>
    ${isPractice && html`<p class="practising" role="note"><strong>${say("PRACTICE")}</strong> ${say("Nothing sold here is real.")}</p>`}
    <header class="bar">
      <span class="mark" aria-hidden="true"></span>
      <strong class="shop">${till.shop?.shop_name ?? say("Till")}</strong>
      <${Signs} till=${till} state=${state} now=${now} ui=${ui} />
      ${state.operator && html`<button type="button" class="who" data-key="operator" onClick=${() => ui.open({ name: "operator" })}>
        <span aria-hidden="true" class="face">${initials(state.operator.name)}</span><span class="name">${state.operator.name}</span></button>`}
    </header>
    ${children}
  </div>`;
}

const initials = (name) => name.split(/\s+/).map((part) => [...part][0] ?? "").slice(0, 2).join("").toUpperCase();

/** Each sign is an icon and words; none speaks by colour alone. */
function Signs({ till, state, now, ui }) {
  if (!state.operator && UNKNOWING.includes(state.phase)) return null;
  const refused = state.refused?.length ?? 0;
  return html`<button type="button" class="signs" data-key="standing" onClick=${() => ui.go("standing")}>
    <${Box} box=${state.box} />
    ${state.outage && state.outage.phase !== "closed" && html`<${Outage} outage=${state.outage} now=${now} />`}
    <${Ages} state=${state} now=${now} />
    <span class=${`sign ${refused ? "bad" : ""}`} data-sign="queue"><i aria-hidden="true">${state.queue ? "↑" : "✓"}</i>
      ${state.queue ? counted("1 unsent", "{n} unsent", state.queue) : say("All sent")}</span>
    ${refused > 0 && html`<span class="sign bad" data-sign="refused"><i aria-hidden="true">!</i> ${counted("1 to look at", "{n} to look at", refused)}</span>`}
    ${state.update === "waiting" && html`<span class="sign wide" data-sign="update"><i aria-hidden="true">↻</i> ${say("New version ready")}</span>`}
    ${state.clock && html`<span class="sign bad" data-sign="clock"><i aria-hidden="true">◷</i> ${say("Clock is wrong")}</span>`}
    ${state.boxWhy && html`<span class="sign bad" data-sign="box-why"><i aria-hidden="true">!</i> ${say("The box takes nothing now")}</span>`}
    ${state.boxStopsAt && html`<span class="sign bad" data-sign="power"><i aria-hidden="true">↯</i> ${state.box === "away" ? say("Power cut: the box has stopped, selling goes on") : say("Power cut: the box stops at {time}, selling goes on", { time: clock(state.boxStopsAt, now) })}</span>`}
    ${state.storage?.full && html`<span class="sign bad" data-sign="storage"><i aria-hidden="true">!</i> ${say("Storage is full")}</span>`}
    ${state.storage?.persisted === false && html`<span class="sign old" data-sign="memory"><i aria-hidden="true">!</i> ${say("Memory may be cleared")}</span>`}
    ${till.updates.opensAlone === false && html`<span class="sign old" data-sign="alone"><i aria-hidden="true">!</i> ${say("Opens only while the box answers")}</span>`}
  </button>`;
}

function Box({ box }) {
  const text = { here: say("Box here"), away: say("Box away: selling goes on") }[box] ?? say("Looking for the box");
  return html`<span class=${`sign ${box === "away" ? "away" : ""}`} data-sign="box"><i aria-hidden="true">${{ here: "●", away: "○" }[box] ?? "◌"}</i> ${text}</span>`;
}

function Outage({ outage, now }) {
  const rung = RUNGS[outage.rung];
  const text = outage.phase === "recovering" ? say("Way back has begun") : outage.phase === "suspected" ? say("Something may be down") : say("Fallback");
  return html`<span class="sign outage" data-sign="outage"><i aria-hidden="true">▲</i>
    ${text}${rung ? ` · ${say(rung)}` : ""}${outage.since ? ` · ${say("since {time}", { time: clock(outage.since, now) })}` : ""}</span>`;
}

function Ages({ state, now }) {
  const prices = state.pricesAsOf === null || state.pricesAsOf === undefined ? null : now - state.pricesAsOf;
  const stock = state.stockAsOf === null || state.stockAsOf === undefined ? null : now - state.stockAsOf;
  const old = prices === null || prices > OLD_MS;
  const text = prices === null ? say("No prices yet") : say("Prices {age} old", { age: age(prices) });
  const more = stock === null ? say("stock unknown") : age(stock) === age(prices ?? -1) ? say("stock too") : say("stock {age}", { age: age(stock) });
  return html`<span class=${`sign ${old ? "old" : ""}`} data-sign="ages"><i aria-hidden="true">${old ? "!" : "◷"}</i> ${text}, ${more}</span>`;
}
