/**
 * Taking back: find the sale by its receipt, tick what comes back, give the money back. Without a receipt what is
 * scanned comes back. How much one may give back alone is told by `till`, with the names of those who may.
 */

import { html, useRef, useState } from "../vendor/preact-htm.js";
import { Pad, keepFocus, keyed } from "./pad.js";
import { askFor } from "./pay.js";
import { Head, focusOn, useAsked, useKeys } from "./ui.js";
import { clock, counted, money, plainMoney, quantity, say } from "./words.js";

export function Refund({ till, ui, number }) {
  const { kind, original } = till.basket;
  return kind === "refund" && original?.lines ? html`<${Lines} till=${till} ui=${ui} original=${original} number=${number} />` : html`<${Find} till=${till} ui=${ui} />`;
}

/** Which sale is it? */
function Find({ till, ui }) {
  const [line, setLine] = useState("");
  const field = useRef(null);
  focusOn(field);
  const recent = useAsked(() => till.entries(60), [till.state.revision]);
  const wanted = line.trim().toLowerCase();
  const sales = (recent ?? []).filter((one) => one.kind === "sale" && (!wanted || String(one.number).toLowerCase().includes(wanted))).slice(0, 8);
  const isBusy = till.basket.lines.length > 0;
  const open = async (text, number = text) => {
    if (await ui.run(() => till.refundOf(text))) ui.go("refund", { number });
  };
  const without = async () => { if (await ui.run(() => till.act({ do: "kind", kind: "refund" }))) ui.go("sell"); };
  const enter = () => (line.trim() ? open(line.trim()) : ui.tell(say("Type the number of the receipt, or choose a sale."), "bad"));
  useKeys((event) => {
    if (ui.isBlocked()) return false;
    if (event.key === "Escape") ui.go("more");
    else if (event.key === "Enter" && event.target.tagName !== "BUTTON") enter();
    else return false;
    return true;
  });
  if (isBusy) return html`<${Busy} ui=${ui} title=${say("Refund")} />`;
  return html`<main class="split" data-screen="refund">
    <section class="side">
      <${Head} title=${say("Refund")} back=${() => ui.go("more")} />
      <label class="find" for="entry"><span class="ask">${say("Number of the receipt")}</span>
        <input id="entry" ref=${field} autocomplete="off" spellcheck=${false} maxlength="60" value=${line} onInput=${(event) => setLine(event.target.value)} /></label>
      <div class="scroll"><h2>${line.trim() ? say("Found") : say("Sold last")}</h2>
        ${sales.length ? html`<ul class="choices">${sales.map((one) => html`<li key=${one.id}><button type="button" data-sale=${one.number} onClick=${() => open(one.id ?? one.number, one.number)}>
          <span class="name">${one.number}</span><span class="quiet">${clock(one.happened_at, ui.now())}${one.operator ? ` · ${one.operator}` : ""}</span><span class="sum">${money(one.sum_minor)}</span></button></li>`)}</ul>`
    : recent !== null && html`<p class="note">${line.trim() ? say("This till knows no such receipt. If the box is here, Enter asks it; else take it back without a receipt.") : say("Nothing was sold here yet.")}</p>`}</div>
      <div class="tools"><button type="button" class="tool" data-key="without" onClick=${without}>${say("There is no receipt")}</button></div>
    </section>
    <${Pad} onKey=${(key) => (key === "enter" ? enter() : setLine(keyed(line, key)))} main=${{ text: say("Find the sale"), name: "enter", onPress: enter }} />
  </main>`;
}

/** What comes back of it? A touch on a line is one more of it; at the end it begins anew with none. */
function Lines({ till, ui, original, number }) {
  const [picks, setPicks] = useState({});
  const [marked, setMarked] = useState(0);
  const may = original.lines.map((one) => Math.abs(one.left ?? one.quantity));
  const step = (line) => setPicks((old) => {
    const next = (old[line] ?? 0) + Math.min(1_000, may[line]);
    const { [line]: _, ...rest } = old;
    return (old[line] ?? 0) >= may[line] ? rest : { ...rest, [line]: Math.min(next, may[line]) };
  });
  const all = () => setPicks(Object.fromEntries(may.map((left, line) => [line, left]).filter(([, left]) => left)));
  const leave = async () => { await till.act({ do: "clear" }); ui.go("refund"); };
  const give = async () => {
    const chosen = Object.entries(picks).map(([line, amount]) => ({ line: Number(line), quantity: amount === may[line] ? null : amount }));
    if (!chosen.length) return void ui.fault(say("Nothing is ticked yet."), say("Touch the lines that come back, or press All of it."));
    for (const one of chosen) if (!(await ui.run(() => till.act({ do: "take-back", ...one })))) return;
    const sum = -till.total().sum_minor;
    const told = await ui.run(() => till.allowed("refund", { amount_minor: sum }));
    if (told && !told.ok) askFor(ui, { code: "grant-needed", text: "{sum_minor} is over the limit, and nobody at hand may allow it.", facts: { sum_minor: sum, who: told.who.join(", ") } }, () => ui.go("pay"));
    else if (told) ui.go("pay");
  };
  ui.onScan = ({ item, others = [] }) => { // A scan on this screen ticks its line; what was not bought then does not come back by it.
    if (ui.isBlocked()) return void ui.tell(say("Nothing can be sold here now."), "bad");
    const lineOf = ({ code }) => original.lines.findIndex((one, place) => one.item === code && (picks[place] ?? 0) < may[place]);
    const line = [item, ...others].map(lineOf).find((place) => place >= 0); // One barcode may be several items'.
    if (line === undefined) return void ui.fault(say("{name} is not on this receipt, or came back already.", { name: item.name }), say("Touch the lines that come back, or press All of it."));
    step(line);
    return true;
  };
  useKeys((event) => {
    if (ui.isBlocked()) return false;
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) setMarked((marked + move + may.length) % may.length);
    else if (event.key === " ") step(marked);
    else if (event.key === "Escape") leave();
    else if (event.key === "Enter" && event.target.tagName !== "BUTTON") give();
    else return false;
    return true;
  });
  const sum = original.lines.reduce((total, one, line) => total + partOf(one, picks[line] ?? 0), 0);
  return html`<main class="split refund" data-screen="refund-lines">
    <section class="side">
      <${Head} title=${say("What comes back of {number}?", { number: number ?? original.number ?? "" })} back=${leave} />
      <ol class="lines ticks">${original.lines.map((one, line) => html`<li key=${line} aria-current=${line === marked ? "true" : undefined}>
        <button type="button" class="line" role="checkbox" aria-checked=${String(Boolean(picks[line]))} data-pick=${line} disabled=${!may[line]} onPointerDown=${keepFocus} onClick=${() => { setMarked(line); step(line); }}>
          <span class="count">${picks[line] ? quantity(picks[line]) : "–"}</span>
          <span class="name">${one.name}<small>${may[line] ? say("{n} may come back", { n: quantity(may[line]) }) : say("came back already")}</small></span>
          <span class="sum">${plainMoney(one.amount_minor)}</span></button></li>`)}</ol>
      <div class="tools"><button type="button" class="tool" data-key="all" onPointerDown=${keepFocus} onClick=${all}>${say("All of it")}</button>
        <button type="button" class="tool" onPointerDown=${keepFocus} onClick=${() => setPicks({})}>${say("None")}</button></div>
      <div class="total"><span>${say("To give back")}<small>${counted("1 line", "{n} lines", Object.keys(picks).length)}</small></span><output id="total" aria-live="polite">${money(sum)}</output></div>
    </section>
    <section class="keys done"><p class="note">${say("Space or a touch ticks a line; scanning it does, too.")}</p>
      <button type="button" class="main back" data-key="enter" onClick=${give}><strong>${say("Give back")}</strong></button></section>
  </main>`;
}

/** About what a part of a line comes to, for the eye only; the exact sum stands on the next screen. */
function partOf(one, picked) {
  return one.quantity ? Math.round((Math.abs(one.amount_minor) * picked) / Math.abs(one.quantity)) : 0;
}

/** A basket is open: it must not be lost, so it is parked first. */
export function Busy({ ui, title }) {
  const { till } = ui;
  const park = () => ui.run(() => till.park(say("put aside")));
  return html`<main class="still" data-screen="busy"><${Head} title=${title} back=${() => ui.go("sell")} />
    <p class="lead">${say("There is an open basket with {n} lines.", { n: till.basket.lines.length })}</p>
    <p>${say("It can wait: put it aside, and fetch it afterwards with Park.")}</p>
    <button type="button" class="main" data-key="enter" onClick=${park}><strong>${say("Put it aside and go on")}</strong></button></main>`;
}
