/** The drawer: float in, drop to the safe, and the count. The count is blind: what should lie there is shown only afterwards. */

import { html, useState } from "../vendor/preact-htm.js";
import { Pad, keyed } from "./pad.js";
import { Head, useKeys } from "./ui.js";
import { SCALES, money, say, typed } from "./words.js";

const DOING = {
  float: { name: "Float in", ask: "How much is put into the drawer?", done: "Put in: {sum}" },
  drop: { name: "Drop to the safe", ask: "How much is taken out to the safe?", done: "Taken out: {sum}" },
  count: { name: "Count", ask: "Count everything in the drawer and type the sum.", done: "Counted: {sum}" },
};

export function Drawer({ till, ui }) {
  const [what, setWhat] = useState("float");
  const [line, setLine] = useState("");
  const [note, setNote] = useState("");
  const [counted, setCounted] = useState(null);
  const [busy, setBusy] = useState(false);
  const choose = (one) => { setWhat(one); setLine(""); setNote(""); setCounted(null); ui.clear(); };
  const take = async () => {
    if (busy) return;
    const minor = typed(line, SCALES.MINOR);
    if (minor === null || (what !== "count" && minor === 0)) return void ui.fault(say("Type a sum."), say("Like 150 or 82.35."));
    setBusy(true);
    const done = await ui.run(() => (what === "count" ? till.count(minor) : till.move(what, minor, note.trim())));
    setBusy(false);
    if (!done) return;
    setLine("");
    setNote("");
    ui.tell(say(DOING[what].done, { sum: money(minor) }));
    if (what === "count") setCounted({ counted_minor: minor, ...done });
  };
  useKeys((event) => {
    if (ui.isBlocked()) return false;
    const isField = event.target.tagName === "INPUT" && event.target.id !== "entry";
    const way = { F2: "float", F3: "drop", F4: "count" }[event.key];
    if (way) choose(way);
    else if (event.key === "Escape") ui.go("more");
    else if (event.key === "Enter" && event.target.tagName !== "BUTTON") take();
    else if (event.key === "Backspace" && line && event.target.id !== "entry" && !isField) setLine(line.slice(0, -1));
    else if (/^[\d.,]$/.test(event.key) && !isField && event.target.id !== "entry") setLine(line + event.key);
    else return false;
    return true;
  });
  return html`<main class="split" data-screen="drawer">
    <section class="side">
      <${Head} title=${say("Drawer")} back=${() => ui.go("more")} />
      <div class="ways three" role="radiogroup" aria-label=${say("What is done?")}>${Object.entries(DOING).map(([one, { name }], place) => html`<button type="button" role="radio" aria-checked=${String(one === what)} class=${one === what ? "way on" : "way"} data-way=${one} onClick=${() => choose(one)}><kbd>F${place + 2}</kbd><span>${say(name)}</span></button>`)}</div>
      <p class="lead">${say(DOING[what].ask)}</p>
      <label class="amount" for="entry"><span>${say("Sum")}</span><input id="entry" data-money inputmode="none" autocomplete="off" maxlength="14" placeholder="0" value=${line} onInput=${(event) => setLine(event.target.value)} /></label>
      ${what === "drop" && html`<label class="field">${say("Who takes it, or why")}<input name="note" maxlength="100" autocomplete="off" value=${note} onInput=${(event) => setNote(event.target.value)} /></label>`}
      ${counted && html`<${Counted} counted=${counted} />`}
    </section>
    <${Pad} onKey=${(key) => (key === "enter" ? take() : setLine(keyed(line, key)))} main=${{ text: say(DOING[what].name), sub: line, name: "enter", onPress: take, disabled: busy }} />
  </main>`;
}

function Counted({ counted }) {
  const over = counted.over_minor ?? counted.counted_minor - counted.expected_minor;
  return html`<dl class="facts" data-counted><div><dt>${say("Counted")}</dt><dd>${money(counted.counted_minor)}</dd></div>
    <div><dt>${say("Should be")}</dt><dd>${money(counted.expected_minor)}</dd></div>
    <div class=${over ? "strong" : ""}><dt>${over > 0 ? say("▲ Over") : over < 0 ? say("▼ Short") : say("✓ It fits")}</dt><dd>${money(Math.abs(over))}</dd></div></dl>
    ${over ? html`<p class="note">${say("Count once more if you like: the last count stands. A difference is named in the day's report; nobody has to fill it up.")}</p>` : null}`;
}
