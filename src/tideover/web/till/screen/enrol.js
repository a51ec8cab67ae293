/** Making this device a till: a code from the box's page of tills (or the link in its QR code), and a name for the till. */

import { html, useEffect, useRef, useState } from "../vendor/preact-htm.js";
import { Head, focusOn } from "./ui.js";
import { say } from "./words.js";

/** That this browser had a till whose memory is gone; nothing where it had none. */
export function Wiped({ storage }) {
  return storage?.wiped ? html`<p class="refused" role="alert">! ${say("This browser had a till whose memory was cleared. What was unsent then is lost here: look on the paper and tell the owner.")}</p>` : null;
}

/** The code in the address, where a phone's camera opened the link of the QR code: /till/#enrol=CODE */
export function offered(hash = location.hash) {
  const facts = new URLSearchParams(hash.replace(/^#/, ""));
  return { code: facts.get("enrol") ?? facts.get("code") ?? "", name: facts.get("name") ?? "" };
}

/** The code in what a hand scanner read of that link; anything else as it is. */
const codeIn = (text) => (text.includes("#") ? offered(text.slice(text.indexOf("#"))).code || text : text);

export function Enrol({ till, state, ui }) {
  const [code, setCode] = useState(() => offered().code);
  const [name, setName] = useState(() => offered().name);
  const [busy, setBusy] = useState(false);
  const first = useRef(null);
  focusOn(first);
  useEffect(() => {
    const listen = (event) => {
      if (codeIn(event.detail.code) === event.detail.code) return; // Some item's: it changes no field.
      event.preventDefault();
      setCode(codeIn(event.detail.code));
    };
    document.addEventListener("till-scanned", listen);
    return () => document.removeEventListener("till-scanned", listen);
  }, []);
  const enrol = async (event) => {
    event.preventDefault();
    if (!code.trim() || !name.trim()) {
      ui.fault(say("The code and the name are both needed."), say("The code stands on the box's page of tills: a signed-in person opens it and presses 'Let a till in'."));
      return;
    }
    setBusy(true);
    const done = await ui.run(() => till.enrol(code.trim(), name.trim()));
    setBusy(false);
    if (done) leave();
  };
  const leave = () => {
    history.replaceState(null, "", location.pathname); // A code in the address would be tried again.
    ui.go("sell");
  };
  return html`<main class="still" data-screen="enrol">
    <${Head} title=${say("Make this device a till")} back=${state.phase === "revoked" ? leave : null} />
    <${Wiped} storage=${state.storage} />
    <ol class="how"><li>${say("On the box's page of tills, press 'Let a till in'.")}</li>
      <li>${say("Point this device's camera or scanner at the code there, or type it here.")}</li>
      <li>${say("Give the till a name that people at the counter use.")}</li></ol>
    <form onSubmit=${enrol}>
      <label>${say("Code")}<input ref=${offered().code ? null : first} class="big" name="code" autocomplete="off" autocapitalize="characters" spellcheck=${false} maxlength="80" value=${code} onInput=${(event) => setCode(codeIn(event.target.value))} /></label>
      <label>${say("Name of this till")}<input ref=${offered().code ? first : null} class="big" name="name" autocomplete="off" maxlength="40" value=${name} placeholder=${say("Counter 1")} onInput=${(event) => setName(event.target.value)} /></label>
      <button class="main" data-key="enter" disabled=${busy}><strong>${busy ? say("Asking the box …") : say("Make it a till")}</strong></button>
    </form>
    <p class="note">${say("It takes a minute, once. From then on this device sells even when the box does not answer.")}</p>
    <p><a href="/tills">${say("Open the page of tills")}</a></p>
  </main>`;
}
