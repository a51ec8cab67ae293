/**
 * Selling: one line to scan or type into, the basket, the number pad and the pay key.
 *
 * A number and then a key (3, Quantity) and the key and then the number (Quantity, 3) both work. Never computes a
 * price: the basket's lines and sums come from `till`.
 */

import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { shareOf } from "../core/money.js";
import { permitted } from "./allow.js";
import { adding, found, parted } from "./entry.js";
import { Basket } from "./basket.js";
import { Pad, keepFocus, keyed } from "./pad.js";
import { setting } from "./shop.js";
import { isTouch, useKeys } from "./ui.js";
import { SCALES, counted, money, quantity, say, typed, unitPrice } from "./words.js";

const RESULTS = 7;

/** What a line of the basket can be asked for, and how the answer is read. */
const ASKED = {
  quantity: { text: "Quantity of {name}", scale: SCALES.QUANTITY },
  price: { text: "New price of {name}, for one", scale: SCALES.PRICE },
  discount: { text: "Off {name}: a sum, or 10%", scale: SCALES.MINOR },
};

export function Sell({ till, ui, parkedCount = 0 }) {
  const { basket } = till;
  const [line, setLine] = useState("");
  const [picked, setPicked] = useState(0);
  const [chosen, setChosen] = useState(null);
  const [asking, setAsking] = useState(null);
  const field = useRef(null);
  const at = chosen !== null && chosen < basket.lines.length ? chosen : basket.lines.length - 1;
  const { quantity: times, text } = asking ? { text: "" } : parted(line);
  const results = useMemo(() => (text.length ? (till.catalogue?.search(text, RESULTS) ?? []) : []), [text, till.catalogue]);
  const total = till.total();
  const isEmpty = basket.lines.length === 0;

  useLayoutEffect(() => { if (!isTouch()) field.current?.focus(); }, [asking]);
  useEffect(() => setPicked(0), [text]);

  const type = (value) => { setLine(asking ? value.replace(/[^\d.,%]/g, "") : value); ui.clear(); };
  const stopAsking = () => { setAsking(null); setLine(""); };
  const ask = (what) => {
    if (at < 0) return void ui.tell(say("Scan something first."), "bad");
    const value = parted(line);
    if (line && !asking && (value.has || /^[\d.,%]+$/.test(line))) return void answer(what, value.has ? quantity(value.quantity) : line);
    setLine("");
    setAsking(what);
  };

  /** Takes the number that a line was asked for. */
  const answer = async (what, given) => {
    const one = basket.lines[at];
    const field = { price: "unit_price", discount: "discount_minor", quantity: "quantity" }[what];
    const value = what === "discount" ? discountOf(one, given, setting(till, "discount_limit_ppm")) : typed(given, ASKED[what].scale);
    if (value === null || value === undefined || (what === "quantity" && value === 0)) {
      ui.fault(say("{text} is no number for this.", { text: given || "–" }), what === "quantity" ? say("Type how many, like 2 or 0.35. To take a line away press Remove.") : say("Type a sum like 9.90."));
      return;
    }
    const may = what === "quantity" ? null : () => till.allowed("discount", { line: at, [field]: value });
    if (await permitted(ui, { do: what, line: at, [field]: value }, may)) stopAsking();
  };

  const add = async (hit, amount) => {
    if (await ui.run(() => till.act(adding(hit, amount)))) {
      setLine("");
      setChosen(null);
    }
  };

  const enter = () => {
    if (asking) return void answer(asking, line);
    if (!line.trim()) return void (isEmpty ? null : pay());
    if (!text) return void ui.tell(say("Now scan it, or type its name."), "good");
    const hit = found(till.catalogue, text);
    if (hit) return void add(hit, times);
    if (results[picked]) return void add({ item: results[picked] }, times);
    ui.open({ name: "free", label: /^[\d.,]+$/.test(text) ? "" : text, price: /^[\d.,]+$/.test(text) && text.length < 8 ? text : "" });
    setLine("");
  };
  const pay = () => (isEmpty ? ui.tell(say("Scan something first."), "bad") : ui.go("pay"));
  const remove = async () => {
    if (at < 0) return;
    const { name } = basket.lines[at];
    if (await ui.run(() => till.act({ do: "remove", line: at }))) ui.tell(say("{name} taken away.", { name }));
    setChosen(null);
  };
  const step = (by) => {
    if (results.length) setPicked((picked + by + results.length) % results.length);
    else if (!isEmpty) setChosen(Math.min(basket.lines.length - 1, Math.max(0, at + by)));
  };

  useKeys((event) => {
    if (ui.isBlocked()) return false;
    const doing = {
      F2: () => ask("quantity"), F3: () => ask("price"), F4: () => ask("discount"), F6: () => ui.open({ name: "customer" }),
      F7: () => ui.open({ name: "note" }), F8: () => ui.open({ name: "park" }), F9: pay, F10: () => ui.go("more"),
      ArrowDown: () => step(1), ArrowUp: () => step(-1),
      Escape: () => (asking || line ? stopAsking() : setChosen(null)),
    }[event.key];
    const isButton = event.target.tagName === "BUTTON";
    if (doing) doing();
    else if (event.key === "Delete" && !line && !asking) remove();
    else if (event.key === "Enter" && !isButton) enter();
    else if (event.key === "Backspace" && line && event.target !== field.current && !isField(event.target)) type(line.slice(0, -1));
    else if (event.key === "?" && !line) ui.open({ name: "keys" });
    else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && event.target !== field.current && !isField(event.target)) {
      if (event.key !== " " || !isButton) type(line + event.key);
      else return false;
    } else return false;
    return true;
  });

  const isRefund = basket.kind === "refund";
  const press = (key) => (key === "enter" ? enter() : type(asking === "discount" && key === "times" ? `${line}%` : keyed(line, key)));
  return html`<main class=${`split ${isRefund ? "refund" : ""}`} data-screen="sell" data-kind=${basket.kind}>
    <section class="side sale">
      ${isRefund && html`<p class="kind" role="note"><span aria-hidden="true">↩</span> <strong>${say("Refund")}</strong> ${say("What is scanned now comes back.")}
        <button type="button" class="light" onClick=${() => ui.run(() => till.act({ do: "clear" }))}>${say("Cancel refund")}</button></p>`}
      <label class=${`find ${asking ? "asking" : ""}`} for="entry">
        <span class="ask">${asking ? say(ASKED[asking].text, { name: basket.lines[at]?.name ?? "" }) : say("Scan, or type a name or code")}</span>
        <input id="entry" ref=${field} autocomplete="off" autocapitalize="none" spellcheck=${false} maxlength="80" role="combobox"
          aria-expanded=${results.length > 0} aria-controls="found" aria-activedescendant=${results[picked] ? `found-${picked}` : undefined} aria-autocomplete="list"
          placeholder=${asking ? "" : say("e.g. 3*milk")} inputmode=${asking ? "decimal" : "search"} value=${line} onInput=${(event) => type(event.target.value)} />
        ${asking && html`<button type="button" class="light" data-key="cancel" onClick=${stopAsking}>${say("Cancel")}</button>`}
      </label>
      ${!asking && text ? html`<${Found} results=${results} picked=${picked} text=${text} times=${times} onTake=${(one) => add({ item: one }, times)} onFree=${enter} />`
        : html`<${Basket} basket=${basket} chosen=${at} onChoose=${setChosen} />`}
      <div class="tools">
        <${Tool} name="customer" does=${() => ui.open({ name: "customer" })}>${basket.customer ? basket.customer.name : say("Customer")}<//>
        <${Tool} name="free" does=${() => ui.open({ name: "free" })}>${say("Free line")}<//>
        <${Tool} name="note" does=${() => ui.open({ name: "note" })}>${say("Note")}${basket.note ? " ✓" : ""}<//>
        <${Tool} name="park" does=${() => ui.open({ name: "park" })}>${isEmpty && parkedCount ? counted("1 parked", "{n} parked", parkedCount) : say("Park")}<//>
        <${Tool} name="more" does=${() => ui.go("more")}>${say("Menu")}<//>
      </div>
      <div class="total"><span>${isRefund ? say("To give back") : say("To pay")}<small>${counted("1 line", "{n} lines", basket.lines.length)}</small></span><output id="total" aria-live="polite">${money(isRefund ? -total.sum_minor : total.sum_minor)}</output></div>
    </section>
    <${Pad} onKey=${press} withTimes=${asking !== "price"} timesAs=${asking === "discount" ? "%" : "×"}
      main=${asking ? { text: say("Set {value}", { value: line || "…" }), name: "enter", onPress: enter }
        : { text: isRefund ? say("Give back") : say("Pay"), sub: isEmpty ? "" : money(isRefund ? -total.sum_minor : total.sum_minor), name: "pay", onPress: pay, disabled: isEmpty, look: isRefund ? "back" : "" }}>
      <div class="line-tools">
        <${Tool} name="quantity" on=${asking === "quantity"} does=${() => ask("quantity")}>${say("Quantity")}<//>
        <${Tool} name="price" on=${asking === "price"} does=${() => ask("price")}>${say("Price")}<//>
        <${Tool} name="discount" on=${asking === "discount"} does=${() => ask("discount")}>${say("Discount")}<//>
        <${Tool} name="remove" does=${remove}>${say("Remove")}<//>
      </div>
    <//>
  </main>`;
}

const isField = (element) => ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName);

/**
 * A discount as typed, in minor units: a sum, or a share of the line's full price with %. A share that stays within the
 * limit is not pushed over it by a rounded cent.
 */
function discountOf(one, given, limit) {
  const share = /^([\d.,]+)\s*%$/.exec(given);
  if (!share) return typed(given, SCALES.MINOR);
  const ppm = typed(share[1], 10_000, 1_000_000);
  if (ppm === null) return null;
  const full = Math.abs(one.amount_minor + one.discount_minor);
  const off = shareOf(full, ppm);
  return ppm <= limit && off * 1_000_000 > full * limit ? off - 1 : off;
}

function Tool({ name, on, does, children }) {
  return html`<button type="button" class=${`tool ${on ? "on" : ""}`} data-key=${name} aria-pressed=${on === undefined ? undefined : String(on)} onPointerDown=${keepFocus} onClick=${does}>${children}</button>`;
}

function Found({ results, picked, text, times, onTake, onFree }) {
  return html`<ul class="found" id="found" role="listbox" aria-label=${say("Found")}>
    ${results.map((one, place) => html`<li key=${one.code} id=${`found-${place}`} role="option" aria-selected=${place === picked} class=${place === picked ? "picked" : ""} onPointerDown=${keepFocus} onClick=${() => onTake(one)}>
      <span class="name">${one.name}</span><span class="quiet">${one.code}${one.stock !== undefined && one.stock !== null ? ` · ${say("{n} in stock", { n: quantity(one.stock) })}` : ""}</span>
      <span class="sum">${times === 1_000 ? "" : `${quantity(times)} × `}${unitPrice(one.unit_price)}</span></li>`)}
    <li class=${`free ${results.length ? "" : "picked"}`} role="option" aria-selected=${results.length === 0} onPointerDown=${keepFocus} onClick=${onFree} hidden=${results.length > 0}>
      <span class="name">${say("Nothing is called '{text}'.", { text })}</span> <span class="quiet">${say("Enter sells it as a free line with a price.")}</span></li>
  </ul>`;
}
