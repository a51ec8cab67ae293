// Makes the slip's form fast: Enter moves on, items are found while typing, the sum stands there at once, a draft outlives a reload.
// Only adds speed: the box reckons everything again and decides. Nothing of a customer is kept on this device.
const KEY = "tideover-slip";
const DRAFT_MS = 24 * 3600 * 1000; // A draft that nobody came back to in a day is thrown away.
const PRIVATE = /^(csrf|customer|reference-\d+|picture|again)$/;
const form = document.getElementById("slip");
const done = document.querySelector("[data-done]");

const PRICE_PER_MINOR = 100n, QUANTITY = 1000n;

/** The number in whole parts of `scale`, as the box reads it; null if it is none. */
export function scaled(text, decimals) {
  const found = /^(-?)(\d{0,9})(?:\.(\d*))?$/.exec(text.replace(/[\s\u00a0\u202f€]/g, "").replace(/,/g, ".").replace("\u2212", "-"));
  if (!found || (!found[2] && !found[3]) || (found[3] || "").length > decimals) return null;
  const value = BigInt(found[2] || "0") * 10n ** BigInt(decimals) + BigInt((found[3] || "").padEnd(decimals, "0") || "0");
  return found[1] ? -value : value;
}

/** numerator / denominator, rounded half away from zero. */
export function divided(numerator, denominator) {
  const size = numerator < 0n ? -numerator : numerator;
  const up = (size * 2n + denominator) / (denominator * 2n);
  return numerator < 0n ? -up : up;
}

function shown(minor, sign) {
  const size = minor < 0n ? -minor : minor;
  return `${minor < 0n ? "-" : ""}${size / 100n}${sign}${String(size % 100n).padStart(2, "0")}`;
}

function stored() {
  try {
    return JSON.parse(localStorage.getItem(KEY) || "null");
  } catch {
    return null;
  }
}

function store(draft) {
  try {
    if (draft) localStorage.setItem(KEY, JSON.stringify(draft));
    else localStorage.removeItem(KEY);
  } catch { /* A full or closed storage: the form works without a draft. */ }
}

if (done && stored()?.fields?.slip === done.dataset.done) store(null);
if (form) begin();

function begin() {
  const sign = form.dataset.decimal, found = new Map(), waiting = new Set();
  let sending = false;
  const field = (name, row) => form.elements[row === undefined ? name : `${name}-${row.dataset.row}`];
  const rows = () => [...form.querySelectorAll(".line[data-row]")];
  form.classList.add("ready");

  // Sums ---------------------------------------------------------------------------------------

  function lineOf(row) {
    const item = found.get(row), price = scaled(field("price", row).value, 4) ?? scaled(field("price", row).placeholder, 4);
    const quantity = scaled(field("quantity", row).value || "1", 3), written = scaled(field("amount", row).value, 2);
    const rate = scaled(field("vat", row).value || field("vat", row).placeholder || firstRate(), 4);
    if (!field("what", row).value && !field("price", row).value && !field("amount", row).value) return null;
    if (quantity === null || (price === null && written === null)) return undefined;
    const reckoned = price === null ? 0n : divided(quantity * price, QUANTITY * PRICE_PER_MINOR);
    const amount = written === null ? reckoned : (quantity < 0n ? -written : written);
    return { amount, rate: rate ?? 0n, item };
  }

  const firstRate = () => document.querySelector("#rates option")?.value || "0";

  function gross(lines) {
    if (form.dataset.included === "yes") return lines.reduce((sum, one) => sum + one.amount, 0n);
    const byRate = new Map();
    for (const one of lines) byRate.set(one.rate, (byRate.get(one.rate) || 0n) + one.amount);
    return [...byRate].reduce((sum, [rate, net]) => sum + net + divided(net * rate, 1000000n), 0n);
  }

  function sums() {
    const lines = [];
    let whole = true;
    for (const row of rows()) {
      const line = lineOf(row);
      row.classList.toggle("asking", line === undefined && !waiting.has(row) && document.activeElement?.closest(".line") !== row);
      row.querySelector("output").value = line ? shown(line.amount, sign) : "";
      if (line === undefined) whole = false;
      if (line) lines.push(line);
    }
    tidy();
    const total = gross(lines), written = scaled(field("written").value, 2), step = BigInt(form.dataset.step);
    const cash = [0, 1, 2].some((n) => form.elements[`tender-${n}`].value === "cash");
    const rounded = divided(total, step) * step;
    const gap = written === null || written === total || (cash && written === rounded) ? 0n : written - total;
    document.getElementById("reckoned").value = lines.length ? shown(total, sign) : "–";
    const told = document.getElementById("gap");
    told.textContent = written === null ? "" : gap ? form.dataset.gap.replace("{sum}", shown(gap, sign)) : form.dataset.fits;
    told.className = `gap ${gap ? "wrong" : "fits"}`;
    const reason = form.querySelector(".reason");
    if (gap || field("reason").value) delete reason.dataset.quiet;
    else reason.dataset.quiet = "yes";
    return { gap, whole, lines };
  }

  // Items --------------------------------------------------------------------------------------

  function parted(text) {
    const star = text.indexOf("*"), times = text.slice(0, star).trim(), rest = text.slice(star + 1).trim();
    return star > 0 && rest && scaled(times, 3) ? [times, rest] : ["", text.trim()];
  }

  async function search(text) {
    const reply = await fetch(`/v1/search?limit=8&q=${encodeURIComponent(text.slice(0, 200))}`, { headers: { accept: "application/json" }, signal: AbortSignal.timeout(4000) });
    return reply.ok ? (await reply.json()).rows : [];
  }

  function choose(row, item) {
    found.set(row, item);
    field("item", row).value = item.code;
    field("price", row).placeholder = (item.unit_price % 100 ? String(item.unit_price / 10000) : (item.unit_price / 10000).toFixed(2)).replace(".", sign);
    field("vat", row).placeholder = String(item.vat_ppm / 10000).replace(".", sign);
    row.querySelector(".name").textContent = item.name;
    close(row);
  }

  function forget(row) {
    found.delete(row);
    field("item", row).value = "";
    field("price", row).placeholder = field("vat", row).placeholder = "";
    row.querySelector(".name").textContent = "";
  }

  /** The item that the text names without a doubt: by code, by barcode, or as the only one. */
  async function resolve(row) {
    const [times, what] = parted(field("what", row).value);
    if (times) [field("quantity", row).value, field("what", row).value] = [times, what];
    if (found.has(row) || !what) return;
    const looking = (async () => {
      try {
        const some = await search(what);
        if (parted(field("what", row).value)[1] !== what || found.has(row)) return;
        const exact = some.find((one) => one.code === what || one.barcodes.includes(what)) || (some.length === 1 ? some[0] : null);
        if (exact) choose(row, exact);
        else {
          row.querySelector(".name").textContent = form.dataset.free;
          field("vat", row).placeholder = firstRate();
        }
      } catch { /* The box is away: it finds the item itself when the form comes. */ }
    })();
    waiting.add(row);
    await looking;
    waiting.delete(row);
    sums();
  }

  function close(row) {
    const list = row.querySelector(".found");
    list.hidden = true;
    list.replaceChildren();
  }

  let asked = 0;
  async function offer(row) {
    const mine = ++asked, what = parted(field("what", row).value)[1];
    if (what.length < 2) return close(row);
    await new Promise((go) => setTimeout(go, 120));
    if (mine !== asked) return;
    const some = await search(what).catch(() => []);
    if (mine !== asked || document.activeElement !== field("what", row)) return;
    const list = row.querySelector(".found");
    list.replaceChildren(...some.map((item) => {
      const one = document.createElement("li"), name = document.createElement("span"), price = document.createElement("span");
      name.textContent = `${item.code} ${item.name}`;
      price.textContent = shown(BigInt(Math.round(item.unit_price / 100)), sign);
      one.append(name, price);
      one.addEventListener("mousedown", (event) => { event.preventDefault(); choose(row, item); sums(); nextRow(row); });
      one.item = item;
      return one;
    }));
    list.hidden = !some.length;
  }

  function highlight(row, by) {
    const all = [...row.querySelectorAll(".found li")], at = all.findIndex((one) => one.ariaSelected === "true");
    if (!all.length) return;
    all.forEach((one) => { one.ariaSelected = "false"; });
    all[(at + by + all.length + (at < 0 && by < 0 ? 1 : 0)) % all.length].ariaSelected = "true";
  }

  // Moving on ----------------------------------------------------------------------------------

  /** Blank lines below a blank one are put away on a phone. */
  function tidy() {
    const blank = (row) => !["what", "quantity", "price", "amount"].some((name) => field(name, row).value);
    rows().forEach((row, at, all) => row.classList.toggle("spare", at > 0 && blank(row) && blank(all[at - 1])));
  }

  function nextRow(row) {
    tidy();
    const all = rows(), next = all[all.indexOf(row) + 1] || more();
    go(next ? field("what", next) : field("written"));
  }

  function more() {
    const all = rows(), last = all.at(-1), number = all.length;
    if (number >= Number(form.dataset.rows)) return null;
    const row = last.cloneNode(true);
    row.dataset.row = number;
    for (const one of row.querySelectorAll("input")) {
      one.name = one.name.replace(/\d+$/, number);
      one.value = one.placeholder = "";
      one.removeAttribute("aria-invalid");
    }
    field("quantity", last) && (row.querySelector("[name^=quantity]").placeholder = "1");
    row.querySelectorAll(".wrong").forEach((one) => one.remove());
    row.querySelector(".name").textContent = row.querySelector("output").value = "";
    last.after(row);
    return row;
  }

  function go(to) {
    to.focus();
    if (to.select) to.select();
  }

  function enter(from) {
    const row = from.closest(".line"), name = from.name.replace(/-\d+$/, "");
    if (row && name === "what") {
      const picked = [...row.querySelectorAll(".found li")].find((one) => one.ariaSelected === "true");
      if (picked) choose(row, picked.item);
      close(row);
      if (!from.value.trim()) return go(field("written"));
      resolve(row).then(() => {
        if (!found.has(row) && !lineOf(row) && document.activeElement?.closest(".line") && !sending) go(field("price", row));
      });
      return nextRow(row);
    }
    if (row) return nextRow(row);
    const order = ["slip", "day", "time", "writer"], at = order.indexOf(name);
    if (at >= 0) {
      const next = order.slice(at + 1).find((one) => !field(one).value);
      return go(next ? field(next) : field("what", rows()[0]));
    }
    // While items are still looked for, the sum says nothing yet: saving waits for them and asks for the reason then.
    if (name === "written") return sums().gap && !waiting.size ? go(field("reason")) : go(field("tender-0"));
    if (name === "reason") return go(field("tender-0"));
    return save();
  }

  async function save() {
    if (sending) return;
    await Promise.all([...waiting].map(resolve));
    const { gap, whole } = sums();
    const short = rows().find((row) => lineOf(row) === undefined);
    if (!whole && short) return go(field("price", short));
    if (gap && !field("reason").value) return go(field("reason"));
    sending = true;
    const told = document.getElementById("told");
    try {
      const reply = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(4000) });
      if (!reply.ok) throw new Error("the box is not well");
    } catch {
      sending = false;
      told.textContent = form.dataset.dead;
      told.className = "wrong";
      return;
    }
    told.textContent = "";
    form.requestSubmit(document.getElementById("save"));
  }

  form.addEventListener("submit", (event) => {
    if (event.submitter?.value === "save" && !sending) {
      event.preventDefault();
      save();
    }
  });
  form.addEventListener("keydown", (event) => {
    const from = event.target, row = from.closest?.(".line");
    if (event.isComposing) return;
    if (event.key === "Enter" && event.ctrlKey) {
      event.preventDefault();
      if (row) resolve(row).then(save);
      else save();
    } else if (event.key === "Enter" && (from.tagName === "INPUT" || from.tagName === "SELECT") && from.type !== "file") {
      event.preventDefault();
      enter(from);
    } else if (row && from.name?.startsWith("what-") && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      highlight(row, event.key === "ArrowDown" ? 1 : -1);
    } else if (row && event.key === "Escape") close(row);
  });
  form.addEventListener("input", (event) => {
    const row = event.target.closest(".line");
    if (row && event.target.name.startsWith("what-")) {
      forget(row);
      offer(row);
    }
    sums();
    keep();
  });
  form.addEventListener("change", () => { sums(); keep(); });
  form.addEventListener("focusout", (event) => {
    const row = event.target.closest(".line");
    if (row && event.target.name.startsWith("what-")) {
      close(row);
      resolve(row).then(keep);
    }
    sums();
  });

  // The draft ----------------------------------------------------------------------------------

  function keep() {
    if (sending || field("again")) return;
    const fields = {};
    for (const one of form.elements) if (one.name && !PRIVATE.test(one.name) && one.type !== "submit" && one.value) fields[one.name] = one.value;
    if (Object.keys(fields).some((name) => name.startsWith("what-") || name === "written")) store({ person: form.dataset.person, at: Date.now(), fields });
  }

  function restore() {
    const draft = stored();
    if (!draft) return;
    if (draft.person !== form.dataset.person || !(Date.now() - draft.at < DRAFT_MS)) return store(null);
    if (form.dataset.fault || field("again") || draft.fields.slip !== field("slip").value) return;
    while (Object.keys(draft.fields).some((name) => !form.elements[name] && /-\d+$/.test(name)) && more()) { /* As many lines as there were. */ }
    for (const [name, value] of Object.entries(draft.fields)) if (form.elements[name] && !PRIVATE.test(name)) form.elements[name].value = value;
    const told = document.getElementById("told");
    told.textContent = form.dataset.back;
  }

  restore();
  for (const row of rows()) if (field("what", row).value && !row.querySelector(".name").textContent) resolve(row);
  sums();
  const wrong = form.querySelector("[aria-invalid=true]");
  go(wrong || field("slip"));
}
