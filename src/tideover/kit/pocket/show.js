// The pages of an opened kit. What was read is only ever put in as text: nothing in it can become markup or a script.
"use strict";
const Show = (() => {
  const RESULTS_MAX = 30;
  const LOCK_MS = 10 * 60_000; // Out of sight for so long: locked again.

  const make = (tag, given = {}, ...inner) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(given)) {
      if (name === "on") for (const [event, call] of Object.entries(value)) made.addEventListener(event, call);
      else if (value !== undefined && value !== null) made.setAttribute(name, value);
    }
    made.append(...inner.filter((one) => one !== "" && one !== null && one !== undefined));
    return made;
  };
  const dialled = (phone) => phone.replace(/[^+\d*#]/g, "").replace(/(?!^)\+/g, "");

  // A day as the reader's language writes it, given as YYYY-MM-DD.
  const dayOf = (iso, language) => (language === "fi" ? iso.split("-").reverse().map(Number).join(".") : iso);

  const start = (kit, door) => {
    const { words, language, currency } = kit;
    const at = Object.fromEntries(kit.columns.map((name, n) => [name, n]));
    const known = Find.prepared(kit.items, at);
    const lines = []; // [{item, quantity}] of the sum.
    const money = (cents) => Sums.money(cents, currency, language);
    const say = (key, facts = {}) => (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => (name === "day" ? dayOf(facts.day, language) : facts[name] ?? whole));
    const rate = (ppm) => `${Sums.shown(ppm, 4, language, 0)}\u00a0%`;
    const main = make("main", { id: "kit" }), tabs = make("nav");
    let current = "prices";

    // Prices
    const priceOf = (item) => Sums.price(BigInt(item[at.price]), currency, language);
    const itemRow = (item) => make("li", {},
      make("div", { class: "grow" }, item[at.name], make("div", { class: "pair" },
        make("small", {}, [item[at.code], item[at.department]].filter(Boolean).join(" · ")),
        make("span", { class: "sum" }, priceOf(item), item[at.unit] && item[at.unit] !== "pcs" ? make("span", { class: "quiet" }, `\u00a0/\u00a0${item[at.unit]}`) : ""))),
      make("button", { class: "add", type: "button", "aria-label": say("add", { name: item[at.name] }), on: { click: () => add(item) } }, "+"));
    const add = (item) => {
      const line = lines.find((one) => one.item === item);
      if (line) line.quantity += 1000n;
      else lines.push({ item, quantity: 1000n });
      countTabs();
    };
    const prices = () => {
      const list = make("ul", { class: "rows" }), told = make("p", { class: "quiet", "aria-live": "polite" });
      const look = () => {
        const text = box.value.slice(0, 200);
        const found = text.trim() ? Find.search(known, text, RESULTS_MAX) : kit.items.slice(0, RESULTS_MAX);
        list.replaceChildren(...found.map(itemRow));
        told.textContent = !kit.items.length ? say("no_items") : found.length ? "" : say("not_found");
      };
      const box = make("input", {
        id: "search", type: "search", placeholder: say("search"), "aria-label": say("search"), autocomplete: "off", autocapitalize: "off",
        spellcheck: "false", enterkeyhint: "search", on: { input: look },
      });
      look();
      return [box, told, list, make("p", { class: "quiet" }, kit.as_of ? say("prices_of", { day: kit.as_of }) : "", " ",
        say(kit.vat_included ? "vat_in" : "vat_out"), kit.left_out ? ` ${say("left_out", { n: kit.left_out })}` : "")];
    };

    // The sum
    const amountOf = (line) => Sums.lineAmount(line.quantity, BigInt(line.item[at.price]));
    const sum = () => {
      const list = make("ul", { class: "rows" }), result = make("div", { "aria-live": "polite" });
      const given = make("input", { id: "given", inputmode: "decimal", autocomplete: "off", on: { input: () => total() } });
      const total = () => {
        const parts = lines.map((line) => ({ rate: BigInt(line.item[at.vat]), amount: amountOf(line) }));
        const { byRate, gross } = Sums.vat(parts, kit.vat_included), step = BigInt(kit.cash_step), cash = Sums.roundCash(gross, step);
        const paid = Sums.typed(given.value, 2);
        const pair = (name, value, look = "pair") => make("p", { class: look }, make("span", {}, name), make("span", { class: "sum" }, value));
        result.replaceChildren(
          pair(say("total"), money(gross), "total"),
          ...byRate.map((one) => pair(say("vat_of", { rate: rate(one.rate) }), money(one.vat), "pair quiet")),
          cash === gross ? "" : pair(say("in_cash"), money(cash)),
          ...(given.value.trim() === "" ? [] : [paid === null ? make("p", {}, say("no_number"))
            : paid < cash ? pair(say("short"), money(cash - paid)) : pair(say("change"), money(paid - cash), "total")]));
      };
      const row = (line) => {
        const worth = make("span", { class: "sum" }, money(amountOf(line)));
        const count = make("input", {
          class: "few", inputmode: "decimal", autocomplete: "off", "aria-label": say("how_many", { name: line.item[at.name] }),
          value: Sums.shown(line.quantity, 3, language, 0), on: { input: (event) => {
            line.quantity = Sums.typed(event.target.value, 3) ?? 0n;
            worth.textContent = money(amountOf(line));
            countTabs();
            total();
          } },
        });
        const gone = make("button", { class: "add", type: "button", "aria-label": say("remove", { name: line.item[at.name] }),
          on: { click: () => { lines.splice(lines.indexOf(line), 1); countTabs(); show("sum"); } } }, "\u00d7");
        return make("li", {}, make("div", { class: "grow" }, line.item[at.name],
          make("div", { class: "pair" }, count, make("small", { class: "sum quiet" }, `\u00d7\u00a0${priceOf(line.item)}`), worth)), gone);
      };
      if (!lines.length) return [make("p", {}, say("empty_sum"))];
      list.replaceChildren(...lines.map(row));
      total();
      return [list, result, make("label", {}, say("given"), given),
        make("button", { type: "button", on: { click: () => { lines.length = 0; countTabs(); show("prices"); } } }, say("next_customer")),
        make("p", { class: "quiet" }, say("no_receipt"))];
    };

    // What is read: cards, scripts, the plan, and whom to call
    const channel = ({ kind, text, note }) => {
      const address = kind === "tel" ? `tel:${dialled(text)}` : kind === "mail" ? `mailto:${encodeURIComponent(text).replace("%40", "@")}` : null;
      return address ? make("a", { class: "call", href: address }, text, make("span", {}, note)) : make("p", {}, text, " ", make("span", { class: "quiet" }, note));
    };
    const block = ([kind, ...texts]) => {
      if (kind === "steps") return make("ol", { class: "steps" }, ...texts.map(({ lines: said, calls }) =>
        make("li", {}, ...said.map((one, n) => make(n ? "small" : "div", {}, one)), ...calls.map(channel))));
      if (kind === "calls") return make("div", {}, ...texts.map(channel));
      if (kind === "list") return make("ul", {}, ...texts.map((one) => make("li", {}, one)));
      return make(kind === "head" ? "h3" : "p", {}, texts.join(" "));
    };
    const papers = (list, none) => (list.length ? list.map((one) => make("details", {}, make("summary", {}, one.title), ...one.blocks.map(block)))
      : [make("p", {}, say(none))]);
    const cards = () => [...papers(kit.cards, "no_cards"), ...(kit.scripts.length ? [make("h2", {}, say("scripts")), ...papers(kit.scripts, "")] : [])];
    const plan = () => [...papers(kit.plan, "no_plan"),
      make("p", { class: "quiet" }, kit.revision ? say("revision", { what: kit.revision }) : ""), make("p", { class: "quiet" }, say("destroy", { day: door.destroy_by }))];

    const contacts = () => (kit.contacts.length ? kit.contacts.flatMap((group) => [make("h2", {}, group.title), ...group.rows.flatMap((one) => [
      make("h3", {}, one.name, " ", make("span", { class: "quiet" }, one.note)), ...one.channels.map(channel)])]) : [make("p", {}, say("no_contacts"))]);

    const PAGES = { prices, sum, cards, contacts, plan };
    const countTabs = () => {
      for (const tab of tabs.children) tab.textContent = say(tab.dataset.page) + (tab.dataset.page === "sum" && lines.length ? ` (${lines.length})` : "");
    };
    const show = (page) => {
      current = page;
      for (const tab of tabs.children) tab.toggleAttribute("aria-current", tab.dataset.page === page);
      main.replaceChildren(...PAGES[page]());
      scrollTo(0, 0);
    };
    tabs.replaceChildren(...Object.keys(PAGES).map((page) => make("button", { type: "button", "data-page": page, on: { click: () => show(page) } })));
    countTabs();

    const lock = make("button", { class: "plain", type: "button", on: { click: () => location.reload() } }, say("lock"));
    const head = make("header", {}, make("strong", {}, kit.shop), make("span", { class: "quiet" }, say("made", { day: door.made }), " ", lock));
    const loud = [kit.is_sample ? say("sample") : "", door.isOld() ? say("old", { day: door.destroy_by }) : ""].filter(Boolean);
    document.body.replaceChildren(head, ...loud.map((text) => make("p", { class: "loud", role: "alert" }, text)), main, tabs);
    show(current);

    let hiddenAt = null;
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) hiddenAt = Date.now();
      else if (hiddenAt !== null && Date.now() - hiddenAt > LOCK_MS) location.reload();
      else report();
    });
    // In the shop's own network the box learns which version this phone holds; anywhere else nobody hears it.
    let reportedAt = -LOCK_MS;
    const report = () => {
      if (Date.now() - reportedAt < LOCK_MS || !kit.copy) return;
      reportedAt = Date.now();
      for (const box of kit.boxes) {
        const told = { method: "POST", mode: "no-cors", credentials: "omit", cache: "no-store", body: JSON.stringify({ copy: kit.copy, content: kit.content }) };
        fetch(`${box}/v1/kit/opened`, told).catch(() => {});
      }
    };
    report();
    return { search: (text) => Find.search(known, text, RESULTS_MAX), add, show };
  };

  return { make, dayOf, start };
})();
