/** How this till stands: how old what it knows is, what waits and what was refused, the way out when all else fails, and its few settings. */

import { html, useEffect, useRef, useState } from "../vendor/preact-htm.js";
import { USUAL, manners, setManners } from "./capture.js";
import { isQuiet, setQuiet, sound } from "./sound.js";
import { Head, useAsked, useKeys } from "./ui.js";
import { LANGUAGES, age, clock, counted, language, say } from "./words.js";

const NAMES = { en: "English", fi: "Suomi" };

export function Standing({ till, state, ui, now }) {
  useKeys((event) => (event.key === "Escape" && !ui.isBlocked() ? (ui.go(state.operator ? "more" : "sell"), true) : false));
  return html`<main class="still wide" data-screen="standing"><${Head} title=${say("How this till stands")} back=${() => ui.go("more")} />
    <div class="cards">
      <section><h2>${say("What it knows")}</h2><dl class="facts">
        <div><dt>${say("Box")}</dt><dd>${{ here: say("● here"), away: say("○ away: selling goes on") }[state.box] ?? say("◌ being looked for")}</dd></div>
        <div><dt>${say("Prices")}</dt><dd>${state.pricesAsOf ? say("{age} old", { age: age(now - state.pricesAsOf) }) : say("none yet")}</dd></div>
        <div><dt>${say("Stock")}</dt><dd>${state.stockAsOf ? say("{age} old", { age: age(now - state.stockAsOf) }) : say("unknown")}</dd></div>
        <div><dt>${say("Its clock")}</dt><dd>${clock(now)}${state.clock ? ` · ! ${clockText(state.clock.off_s)}` : ""}</dd></div>
        <div><dt>${say("Storage")}</dt><dd>${state.storage?.full ? say("! full: write slips, take the unsent sales out below") : state.storage?.persisted ? say("✓ kept by the browser") : say("! the browser may clear it: install the till as an app")}</dd></div></dl>
        ${till.updates.opensAlone === false && html`<p class="refused">! ${say("This till opens only while the box answers: the browser does not trust this address, or keeps nothing. What is open sells on.")}</p>
          <p><a href="/trust">${say("How this device trusts the box")}</a></p>`}
        ${state.boxWhy && html`<p class="refused">! ${say(state.boxWhy.message)} ${say(state.boxWhy.hint)}</p>`}
        ${state.clock && html`<p class="note">${say("Set this device's clock. Sales keep both times: this device's and the box's.")}</p>`}
      </section>
      <${Queue} till=${till} state=${state} ui=${ui} />
      <${Scanner} />
      <${Settings} ui=${ui} />
      <section><h2>${say("About")}</h2><dl class="facts">
        <div><dt>${say("Till")}</dt><dd>${till.shop?.till_name ?? "–"}</dd></div>
        <div><dt>${say("Version")}</dt><dd>${till.shop?.version ?? till.version ?? "–"}</dd></div></dl>
        ${state.update === "waiting" && html`<p>${say("A new version is ready. It starts by itself when everything is sent and no basket is open.")}</p>
          ${typeof till.update === "function" && html`<button type="button" class="wide" data-key="update" onClick=${() => ui.run(() => till.update())}>${say("Start it now")}</button>`}`}
      </section>
    </div></main>`;
}

function clockText(off) {
  const by = age(Math.abs(off) * 1000);
  return off > 0 ? say("{age} ahead of the box", { age: by }) : say("{age} behind the box", { age: by });
}

function Queue({ till, state, ui }) {
  const [rescued, setRescued] = useState(null);
  const refused = state.refused ?? [];
  const rescue = async () => {
    const made = await ui.run(() => till.rescue());
    if (!made) return;
    const files = Array.isArray(made) ? made : [];
    setRescued(files);
    for (const one of files) save(one.file, one.name);
  };
  return html`<section><h2>${say("What waits")}</h2>
    <p class="lead">${state.phase === "broken" ? say("! What is unsent cannot be read now: do not clear the browser's data.") : state.queue ? counted("↑ 1 entry is on this device only.", "↑ {n} entries are on this device only.", state.queue) : say("✓ Everything is at the box.")}</p>
    ${state.queue > 0 && html`<p class="note">${say("They go by themselves as soon as the box answers. Do not clear the browser's data.")}</p>`}
    ${refused.map((one) => html`<div class="refused" key=${one.id}><p><strong>! ${say(one.message, one.facts)}</strong></p><p>${say(one.hint || "Nothing is lost: it stays here. Show this to the owner.", one.facts)}</p></div>`)}
    <button type="button" class="wide" data-key="rescue" onClick=${rescue}>${say("Take the unsent sales out")}</button>
    <p class="note">${say("Only if the box will not come back: as a file or as codes, which the box reads on its page of tills.")}</p>
    ${rescued && html`<div data-rescued>${rescued.length === 0 ? html`<p>${say("There is nothing unsent to take out.")}</p>`
    : rescued.map((one) => html`<div key=${one.name}><p>✓ ${say("Saved as {name}.", { name: one.name })}</p><${Codes} texts=${one.codes ?? []} /></div>`)}</div>`}
  </section>`;
}

/** The same as codes, one after another, for a phone's or the box's camera. */
function Codes({ texts }) {
  const [at, setAt] = useState(0);
  const picture = useAsked(() => import("../line/qr.js").then((qr) => qr.svgOf(texts[at])), [at, texts]);
  const place = useRef(null);
  useEffect(() => { // Drawn as part of the page: its policy lets no picture in that the box did not hand out.
    if (picture) place.current?.replaceChildren(document.importNode(new DOMParser().parseFromString(picture, "image/svg+xml").documentElement, true));
  }, [picture]);
  if (!texts.length) return null;
  return html`<figure class="code"><div role="img" aria-label=${say("Code {n} of {all}", { n: at + 1, all: texts.length })} ref=${place}></div>
    <figcaption>${say("Code {n} of {all}", { n: at + 1, all: texts.length })} ${texts.length > 1 && html`<button type="button" onClick=${() => setAt((at + 1) % texts.length)}>${say("Next code")}</button>`}</figcaption></figure>`;
}

function save(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Shows what the scanner sends; so that nobody has to guess why it does not work. */
function Scanner() {
  const [seen, setSeen] = useState(null);
  const [set, setSet] = useState(manners());
  useEffect(() => {
    const listen = (event) => { event.preventDefault(); setSeen(event.detail); };
    document.addEventListener("till-scanned", listen);
    return () => document.removeEventListener("till-scanned", listen);
  }, []);
  const change = (changes) => { setManners(changes); setSet(manners()); };
  return html`<section><h2>${say("Scanner")}</h2>
    <p data-scanner>${seen ? say("✓ It sent {code} in {n} ms, then {suffix}.", { code: seen.code, n: seen.ms, suffix: { Enter: "Enter", Tab: "Tab" }[seen.suffix] ?? say("nothing") }) : say("Scan anything now: here stands what the scanner sends. Nothing is sold by it.")}</p>
    <div class="two"><label class="field">${say("Ends a code with")}<select value=${set.suffix} onChange=${(event) => change({ suffix: event.target.value })}>
        <option value="either">${say("Enter or Tab")}</option><option value="Enter">Enter</option><option value="Tab">Tab</option><option value="none">${say("nothing")}</option></select></label>
      <label class="field">${say("Slowest gap between two signs")}<select value=${set.gapMs} onChange=${(event) => change({ gapMs: Number(event.target.value) })}>
        ${[20, USUAL.gapMs, 60, 90].map((one) => html`<option value=${one}>${one} ms</option>`)}</select></label></div>
    <p class="note">${say("A scan is cut in two? Take a longer gap. Fast typing is taken for a scan? Take a shorter one.")}</p></section>`;
}

function Settings({ ui }) {
  const [quiet, setTheQuiet] = useState(isQuiet());
  const [hand, setHand] = useState(document.documentElement.dataset.hand ?? "right");
  const turn = () => { setQuiet(!quiet); setTheQuiet(!quiet); if (quiet) sound(true); };
  const swap = (one) => { setHand(one); ui.setHand(one); };
  return html`<section><h2>${say("This device")}</h2>
    <div class="rows"><p>${say("Language")}</p><div class="pick" role="radiogroup" aria-label=${say("Language")}>${LANGUAGES.map((one) => html`<button type="button" role="radio" aria-checked=${String(language() === one)} lang=${one} data-language=${one} onClick=${() => ui.setLanguage(one)}>${NAMES[one]}</button>`)}</div>
      <p>${say("Number pad")}</p><div class="pick" role="radiogroup" aria-label=${say("Number pad")}>${[["left", say("on the left")], ["right", say("on the right")]].map(([one, text]) => html`<button type="button" role="radio" aria-checked=${String(hand === one)} data-hand=${one} onClick=${() => swap(one)}>${text}</button>`)}</div>
      <p>${say("Sound of a scan")}</p><div class="pick"><button type="button" aria-pressed=${String(!quiet)} data-key="sound" onClick=${turn}>${quiet ? say("off") : say("on")}</button></div></div></section>`;
}
