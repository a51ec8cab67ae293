/** A sheet on top of a screen: the focus stays inside, Escape closes it, and what had the focus gets it back. */

import { html, useLayoutEffect, useRef } from "../vendor/preact-htm.js";
import { isTouch } from "./ui.js";
import { say } from "./words.js";

/** A box on top, with the focus kept inside; onClose when it is left. */
export function Sheet({ title, onClose, children, name }) {
  const sheet = useRef(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    const first = sheet.current.querySelector("[data-first]") ?? sheet.current.querySelector("button");
    if (!isTouch() || first?.tagName === "BUTTON") first?.focus();
    return () => before?.isConnected && !isTouch() && before.focus();
  }, []);
  const onKey = (event) => {
    if (event.key === "Escape") { event.stopPropagation(); event.preventDefault(); onClose(); }
    if (event.key !== "Tab") return;
    const reach = [...sheet.current.querySelectorAll("button:not([disabled]), input, select, textarea, a[href]")];
    const edge = event.shiftKey ? reach[0] : reach.at(-1);
    if (document.activeElement === edge) { event.preventDefault(); (event.shiftKey ? reach.at(-1) : reach[0])?.focus(); }
  };
  return html`<div class="veil" onClick=${(event) => event.target === event.currentTarget && onClose()}>
    <section class="sheet" role="dialog" aria-modal="true" aria-label=${title} data-dialog=${name} ref=${sheet} onKeyDown=${onKey}>
      <header class="head"><h2>${title}</h2><button type="button" class="light" data-key="close" onClick=${onClose}>${say("Close")}</button></header>
      ${children}
    </section></div>`;
}
