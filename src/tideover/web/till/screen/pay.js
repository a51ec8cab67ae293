/**
 * Taking the money: how much is still to pay, with which tender, and what to hand back.
 *
 * The pad types a sum; nothing typed means all that is left. Split tenders are just several sums. A scanner never
 * types here: what it reads goes into the basket. Never computes rounding or change: `till.total()` does.
 */

import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact-htm.js";
import { likelyCash } from "../core/cash.js";
import { Pad, keepFocus, keyed } from "./pad.js";
import { setting } from "./shop.js";
import { Head, isTouch, useKeys } from "./ui.js";
import { SCALES, money, plainMoney, say, tender, typed } from "./words.js";

const KINDS = [["cash", "F2"], ["card", "F3"], ["mobile", "F4"], ["voucher", "F6"], ["account", "F7"], ["transfer", "F8"]];
const NOTES_SHOWN = 3;
const REFERENCES = { card: "Number on the terminal's slip", voucher: "Code on the voucher", mobile: "Reference, if there is one", transfer: "Reference, if there is one" };
const HOW = {
  card: "Key the sum into the card terminal. When it says approved, take it here.",
  mobile: "The customer pays by phone. Take it here when you have seen it arrive.",
  transfer: "The customer pays by transfer. The receipt says so; look in the bank whether it has arrived.",
  account: "The sum goes onto the customer's account.",
  voucher: "Take the voucher in and type its code.",
};
const BACK = {
  cash: "Give the customer the money from the drawer.",
  card: "Make a refund on the card terminal. When it says approved, take it here.",
  mobile: "Send it back with the phone payment's own refund.",
  transfer: "It goes back by transfer: note the account number.",
  account: "The customer's account gets it back.",
  voucher: "Give a voucher for the sum and type its code.",
};

export function Pay({ till, ui }) {
  const { basket } = till;
  const total = till.total();
  const isBack = total.due_minor < 0 || basket.kind === "refund";
  const offered = KINDS.filter(([kind]) => !setting(till, "tenders")?.length || setting(till, "tenders").includes(kind));
  const [kind, setKind] = useState("cash");
  const [line, setLine] = useState("");
  const [reference, setReference] = useState("");
  const [busy, setBusy] = useState(false);
  const field = useRef(null);
  const taken = useRef(null);
  const given = line ? typed(line, SCALES.MINOR) : null;
  const cashDue = total.due_cash_minor ?? total.due_minor;
  const due = kind === "cash" ? cashDue : total.due_minor;
  const left = Math.abs(due);
  const change = kind === "cash" && !isBack && given !== null && given > left ? given - left : 0;
  const isDone = total.due_minor === 0 && (basket.tenders.length > 0 || total.sum_minor === 0);

  useLayoutEffect(() => { if (!isTouch()) field.current?.focus(); }, [kind, isDone]);
  useEffect(() => taken.current?.lastElementChild?.scrollIntoView({ block: "nearest" }), [basket.tenders.length]); // The newest is seen.
  const choose = (one) => { setKind(one); setLine(""); setReference(""); ui.clear(); };
  const leave = () => { ui.clear(); ui.go("sell"); };

  const finish = async () => {
    const paid = await ui.run(() => till.finish(), { "grant-needed": (refusal) => askFor(ui, refusal, finish) });
    setBusy(false);
    if (paid) ui.go("paid", { paid });
  };

  /** One tender of `minor` (null: all that is left); the sale ends by itself when nothing is left. */
  const take = async (minor) => {
    if (busy) return;
    if (isDone) { setBusy(true); return void finish(); }
    if (line && given === null) return void ui.fault(say("{text} is no sum.", { text: line }), say("Type it like 20 or 12.50, or nothing for all that is left."));
    if (kind === "account" && !basket.customer) {
      return void ui.fault(say("Whose account?"), say("Choose the customer first."), { does: say("Choose the customer"), doing: () => ui.open({ name: "customer" }) });
    }
    const sign = isBack ? -1 : 1;
    const action = { do: "tender", kind, reference: reference.trim() || null };
    if (minor !== null && kind === "cash" && !isBack) action.given_minor = minor;
    else if (minor !== null) action.amount_minor = sign * minor;
    setBusy(true);
    const taken = await ui.run(() => till.act(action));
    setLine("");
    setReference("");
    if (taken && till.total().due_minor === 0) return void finish();
    setBusy(false);
  };

  useKeys((event) => {
    if (ui.isBlocked()) return false;
    const chosen = offered.find(([, key]) => key === event.key);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const isButton = event.target.tagName === "BUTTON";
    const isOther = event.target.tagName === "INPUT" && event.target !== field.current;
    if (chosen) choose(chosen[0]);
    else if (step) choose(offered[(offered.findIndex(([one]) => one === kind) + step + offered.length) % offered.length][0]);
    else if (event.key === "Escape") (line ? setLine("") : leave());
    else if (event.key === "Enter" && !isButton) take(given);
    else if (event.key === "?" && !isOther) ui.open({ name: "keys" });
    else if (event.key === "Backspace" && line && event.target !== field.current && !isOther) setLine(line.slice(0, -1));
    else if (/^[\d.,]$/.test(event.key) && event.target !== field.current && !isOther) setLine(line + event.key);
    else return false;
    return true;
  });

  const press = (key) => (key === "enter" ? take(given) : setLine(keyed(line, key)));
  const amount = given === null ? left : kind === "cash" && !isBack ? Math.min(given, left) : given;
  const label = isDone ? { text: say("Done") } : { text: isBack ? say("Give back: {way}", { way: tender(kind) }) : say("Take: {way}", { way: tender(kind) }), sub: money(amount) };
  return html`<main class=${`split ${isBack ? "refund" : ""}`} data-screen="pay" data-kind=${basket.kind}>
    <section class="side paying">
      <${Head} title=${isBack ? say("Give back") : say("To pay")} back=${leave}><output id="due" class="due" aria-live="polite">${money(left)}</output></${Head}>
      ${kind === "cash" && cashDue !== total.due_minor && html`<p class="rounded">${say("Cash is rounded: {sum} without rounding.", { sum: money(Math.abs(total.due_minor)) })}</p>`}
      ${basket.tenders.length > 0 && html`<ul class="tenders" ref=${taken} tabindex="0" aria-label=${say("Taken so far")}>${total.tenders.map((one, place) => html`<li key=${place}>
        <span>✓ ${tender(one.kind)}${one.reference ? ` ${one.reference}` : ""}</span><span class="sum">${plainMoney(one.amount_minor)}</span>
        <button type="button" class="light" aria-label=${say("Take back {way} {sum}", { way: tender(one.kind), sum: plainMoney(one.amount_minor) })} onClick=${() => ui.run(() => till.act({ do: "untender", tender: place }))}>✕</button></li>`)}</ul>`}
      <div class="ways" role="radiogroup" aria-label=${say("How it is paid")}>${offered.map(([one, key]) => html`<button type="button" key=${one} role="radio" aria-checked=${String(one === kind)} class=${one === kind ? "way on" : "way"} data-way=${one} onPointerDown=${keepFocus} onClick=${() => choose(one)}>
        <kbd>${key}</kbd><span>${tender(one)}</span></button>`)}</div>
      <div class="how">
        ${(isBack ? BACK : HOW)[kind] && html`<p class="lead">${say((isBack ? BACK : HOW)[kind])}</p>`}
        ${REFERENCES[kind] && html`<label class="field">${say(REFERENCES[kind])}<input name="reference" maxlength="60" autocomplete="off" value=${reference} onInput=${(event) => setReference(event.target.value)} /></label>`}
        ${kind === "cash" && !isBack && html`<div class="notes" role="group" aria-label=${say("Quick sums")}>
          <button type="button" data-note="exact" onPointerDown=${keepFocus} onClick=${() => take(null)}><small>${say("exact")}</small>${plainMoney(left)}</button>
          ${likelyCash(left).filter((one) => one > left).slice(0, NOTES_SHOWN).map((one) => html`<button type="button" key=${one} data-note=${one} onPointerDown=${keepFocus} onClick=${() => take(one)}>${plainMoney(one)}</button>`)}</div>`}
        ${kind === "account" && html`<p class="lead"><strong>${basket.customer?.name ?? say("No customer yet")}</strong> <button type="button" class="light" onClick=${() => ui.open({ name: "customer" })}>${say("Choose the customer")}</button></p>`}
      </div>
      <label class="amount" for="entry"><span>${kind === "cash" && !isBack ? say("Cash given") : say("Sum")}</span>
        <input id="entry" ref=${field} data-money inputmode="none" autocomplete="off" maxlength="14" placeholder=${plainMoney(left)} value=${line} onInput=${(event) => setLine(event.target.value)} />
        <output class=${`change ${change ? "on" : ""}`} aria-live="polite">${change ? html`<span>${say("Change")}</span> <strong>${money(change)}</strong>` : given !== null && !isBack && given < left ? html`<span>${say("Still to pay after this")}</span> <strong>${money(left - given)}</strong>` : ""}</output></label>
    </section>
    <${Pad} onKey=${press} main=${{ ...label, name: "enter", onPress: () => take(given), disabled: busy, look: isBack ? "back" : "" }} />
  </main>`;
}

/** The sum is over the limit: somebody who may allows it, and then it goes on. */
export function askFor(ui, refusal, then) {
  const who = String(refusal.facts?.who ?? "").split(", ").filter(Boolean);
  if (who.length) ui.open({ name: "allow", who, limit: say("{sum} is over the limit.", { sum: money(Math.abs(refusal.facts.sum_minor)) }), then });
  else ui.refuse(refusal);
}
