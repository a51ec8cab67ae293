// The closed kit: asks for the pass-phrase, and says in both languages what is wrong if it does not open.
"use strict";
(() => {
  const both = JSON.parse(document.getElementById("words").textContent); // {language: {key: text}}, the holder's first.
  const { make } = Show;
  const door = document.getElementById("door");
  const texts = (key, facts = {}) => Object.entries(both).map(([language, words]) =>
    make("p", { lang: language }, words[key].replace("{day}", () => Show.dayOf(facts.day, language))));
  const today = () => { // The phone's own day, as YYYY-MM-DD.
    const now = new Date();
    return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
  };

  const ask = (sealed) => {
    const told = make("div", { id: "told", role: "alert" });
    const box = make("input", {
      id: "phrase", type: "password", autocomplete: "off", autocapitalize: "off", spellcheck: "false", "aria-labelledby": "asked",
    });
    const press = make("button", { class: "main" }, ...new Set(Object.values(both).map((words) => words.open).flatMap((text, n) => (n ? [" · ", text] : [text]))));
    const seen = make("button", { class: "plain", type: "button", on: { click: () => { box.type = box.type === "password" ? "text" : "password"; } } },
      Object.values(both).map((words) => words.see).join(" · "));
    const open = async (event) => {
      event.preventDefault();
      press.disabled = true;
      told.className = "";
      told.replaceChildren(...texts("opening"));
      try {
        const kit = await Opening.open(sealed, box.value);
        box.value = "";
        const isOld = () => today() > sealed.destroy_by;
        globalThis.pocket = Show.start(kit, { ...sealed, isOld });
      } catch (error) {
        told.className = "loud";
        told.replaceChildren(...texts(error instanceof Opening.Fault ? error.message : "damaged"));
        press.disabled = false;
        box.focus();
      }
    };
    const old = today() > sealed.destroy_by ? [make("div", { class: "loud" }, ...texts("old", { day: sealed.destroy_by }))] : [];
    const form = make("form", { on: { submit: open } }, make("div", { id: "asked" }, ...texts("ask")), box, seen, press);
    door.replaceChildren(make("h1", {}, Object.values(both).map((words) => words.title).join(" · ")), ...old, told, form,
      make("div", { class: "quiet" }, ...texts("made", { day: sealed.made }), ...texts("destroy", { day: sealed.destroy_by })));
    box.focus();
  };

  const begin = () => {
    try {
      const sealed = Opening.sealedIn(document);
      if (Opening.isAble()) ask(sealed);
      else door.replaceChildren(make("div", { class: "loud", role: "alert" }, ...texts("unable")));
    } catch (error) {
      door.replaceChildren(make("div", { class: "loud", role: "alert" }, ...texts(error instanceof Opening.Fault ? error.message : "damaged")));
    }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
