/**
 * The till's screens: which one is shown, and what a scan does on it. Knows only `till`; sells nothing by itself.
 */

import { till } from "../main.js";
import { html, render, useEffect, useRef, useState } from "../vendor/preact-htm.js";
import { capture } from "./capture.js";
import { Dialog } from "./dialogs.js";
import { Drawer } from "./drawer.js";
import { Enrol, offered } from "./enrol.js";
import { adding, found } from "./entry.js";
import { Frame } from "./frame.js";
import { More, Sales } from "./more.js";
import { Paid } from "./paid.js";
import { Pay } from "./pay.js";
import { Broken, ClosedByLaw, Revoked, SecondTab, Starting, Unsafe } from "./phases.js";
import { Quotes } from "./quotes.js";
import { Refund } from "./refund.js";
import { Report } from "./report.js";
import { Sell } from "./sell.js";
import { SignIn } from "./sign_in.js";
import { sound } from "./sound.js";
import { Standing } from "./standing.js";
import { Fault, Told, makeUi, useTill } from "./ui.js";
import { quantity, say, settle, speak } from "./words.js";

const TICK_MS = 10_000; // So often the ages on the screen are made anew.
const WAITING_MAX = 50; // Scans before somebody has signed in.
const WAITING_MS = 120_000;
const PLACES = { sell: Sell, pay: Pay, paid: Paid, refund: Refund, quotes: Quotes, drawer: Drawer, report: Report, more: More, sales: Sales, standing: Standing };
const PHASES = { starting: Starting, enrol: Enrol, "second-tab": SecondTab, "closed-by-law": ClosedByLaw, revoked: Revoked, broken: Broken, unsafe: Unsafe };
const BEHIND = ["standing"]; // May be looked at in every phase: the way out for unsent sales is there.

function App() {
  const [shown, setShown] = useState({ place: { name: "sell" }, dialog: null, fault: null, told: null });
  const [now, setNow] = useState(Date.now());
  const [waiting, setWaiting] = useState([]);
  const state = useTill(till);
  const ui = useRef(null);
  ui.current ??= withSettings(makeUi(till, (change) => setShown((old) => ({ ...old, ...change }))), () => setNow(Date.now()));
  const parkedCount = useParked(state);
  useEffect(() => unforeseen(ui.current), []);
  useEffect(() => { const timer = setInterval(() => setNow(Date.now()), TICK_MS); return () => clearInterval(timer); }, []);
  useEffect(() => { document.title = till.shop?.shop_name ? `${say("Till")} · ${till.shop.shop_name}` : say("Till"); });

  const live = useRef({});
  live.current = { shown, state, waiting, setWaiting };
  useEffect(() => capture(document, {
    knows: (code) => Boolean(found(till.catalogue, code)),
    onScan: (code, facts) => scanned(ui.current, live.current, code, facts),
  }), []);
  useEffect(() => { if (state.phase === "ready" && waiting.length) addWaiting(ui.current, waiting, setWaiting); }, [state.phase]);
  useEffect(() => ui.current.followLanguage(), [state.operator?.name, till.shop?.language]);

  const { place, dialog, fault, told } = shown;
  const name = screenOf(state, place);
  const isOver = state.phase === "ready" && Boolean(dialog);
  const alarm = html`<${Fault} fault=${fault} ui=${ui.current} />`;
  ui.current.onScan = null;
  const Screen = PHASES[name] ?? (name === "sign-in" ? SignIn : (PLACES[name] ?? Sell));
  return html`<${Frame} till=${till} state=${state} ui=${ui.current} place=${place} now=${now}>
    ${!isOver && alarm}
    <${Screen} key=${name} till=${till} state=${state} ui=${ui.current} now=${now} parkedCount=${parkedCount} waiting=${waiting.length} ...${place} />
    ${isOver && html`<div class="over">${alarm}<${Dialog} dialog=${dialog} till=${till} ui=${ui.current} /></div>`}
    <${Told} told=${told} />
  </${Frame}>`;
}

/** What no screen foresaw is said all the same. */
function unforeseen(ui) {
  const tell = () => ui.fault(say("That did not work."), say("Try once more. If it stays so, serve on with numbered slips and tell the owner."));
  addEventListener("unhandledrejection", tell);
  addEventListener("error", tell);
  return () => { removeEventListener("unhandledrejection", tell); removeEventListener("error", tell); };
}

/** A phase stands above every place; the page on how the till stands may be opened from each. */
function screenOf(state, place) {
  if (state.phase === "ready") return place.name;
  if (state.phase === "revoked" && (place.name === "enrol" || (place.name === "sell" && offered().code))) return "enrol"; // The way back in.
  if (BEHIND.includes(place.name) && state.phase !== "starting" && state.phase !== "enrol") return place.name;
  return state.phase;
}

function useParked(state) {
  const [count, set] = useState(0);
  useEffect(() => {
    if (state.phase !== "ready") return;
    Promise.resolve(till.parked()).then((list) => set(list?.length ?? 0), () => {});
  }, [state.phase, state.revision]);
  return count;
}

/** What a code does: it goes into the basket whatever is shown, except where nothing may be sold. */
async function scanned(ui, { shown, state, waiting, setWaiting }, code, facts) {
  const event = new CustomEvent("till-scanned", { detail: { code, ...facts }, cancelable: true });
  if (!document.dispatchEvent(event)) return void sound(true);
  const hit = found(till.catalogue, code);
  if (!hit) {
    sound(false);
    if (state.phase === "ready") ui.fault(say("Nobody knows the code {code}.", { code }), say("Type its name, or sell it as a free line with its price."), { does: say("Free line"), doing: () => { ui.go("sell"); ui.open({ name: "free" }); } });
    else ui.tell(say("Nobody knows the code {code}.", { code }), "bad");
    return;
  }
  if (state.phase === "sign-in") {
    setWaiting([...waiting, { hit, at: Date.now() }].slice(-WAITING_MAX));
    sound(true);
    return void ui.tell(say("{name} waits: say who serves first.", { name: hit.item.name }));
  }
  if (state.phase !== "ready") {
    sound(false);
    return void ui.tell(say("Nothing can be sold here now."), "bad");
  }
  if (ui.onScan) return void sound(ui.onScan(hit));
  if (["paid", "refund", "quotes", "sales", "drawer", "report", "more", "standing"].includes(shown.place.name) && !shown.dialog) ui.go("sell");
  await take(ui, hit);
}

async function take(ui, hit) {
  const done = await ui.run(() => till.act(adding(hit)));
  sound(Boolean(done));
  if (done) ui.tell(hit.quantity && hit.quantity !== 1_000 ? `${hit.item.name} ${quantity(hit.quantity)}` : hit.item.name);
}

/** What was scanned while nobody had signed in, if it is fresh. */
async function addWaiting(ui, waiting, setWaiting) {
  setWaiting([]);
  for (const { hit, at } of waiting) if (Date.now() - at < WAITING_MS) await take(ui, hit);
}

// What this device keeps: language and hand ----------------------------------------------------------

const kept = (name) => { try { return localStorage.getItem(`till.${name}`); } catch { return null; } };
const keep = (name, value) => { try { localStorage.setItem(`till.${name}`, value); } catch { /* It holds until the page is closed. */ } };

/** The reader's language: as chosen here, else the operator's, the shop's, the browser's. */
function wished() {
  const operator = till.shop?.operators?.find((one) => one.name === till.state.operator?.name);
  return kept("language") || operator?.language || till.shop?.language || navigator.language.slice(0, 2);
}

function withSettings(ui, again) {
  ui.setHand = (hand) => { keep("hand", hand); document.documentElement.dataset.hand = hand; };
  ui.setLanguage = async (language) => { keep("language", language); await speak(language, till.shop).catch(() => {}); again(); };
  ui.followLanguage = () => { settle(till.shop?.settings ?? till.shop); speak(wished(), till.shop).catch(() => {}).then(again); };
  return ui;
}

document.documentElement.dataset.hand = kept("hand") ?? "right";
await speak(wished(), till.shop).catch(() => {});
const root = document.getElementById("till");
root.replaceChildren();
render(html`<${App} />`, root);
