/* Brings what the till sells with: the shop, the catalogue, customers, quotes. It only ever replaces a copy by a whole newer
one; a round that breaks off changes nothing. */

import * as shelves from "../store/shelves.js";

const PIECE = 2_000;
const LIMIT_MS = 10_000; // In the background; the box counts as away after two seconds all the same.

/** A whole round of one of the box's streams since `revision`: {rows, gone, full, revision, first}; null if it broke off. */
async function round(box, path, revision) {
  const rows = new Map();
  const gone = new Set();
  let after = null;
  let first = null;
  let last = null;
  do {
    const ask = new URLSearchParams({ limit: PIECE });
    if (revision != null) ask.set("since", revision);
    if (after !== null) ask.set("after", after);
    const { status, body } = await box.call("GET", `${path}?${ask}`, undefined, { limit_ms: LIMIT_MS });
    if (status !== 200) return null;
    first ??= body;
    last = body;
    for (const row of body.rows) rows.set(row.code, row);
    for (const code of body.gone ?? []) gone.add(code);
    after = body.next ?? null;
  } while (after !== null);
  return { rows: [...rows.values()], gone: [...gone], full: Boolean(first.full), revision: last.revision, last };
}

/** Everything about the shop, kept; null if the box did not give it. */
export async function shop(store, box) {
  const { status, body } = await box.call("GET", "/v1/till/shop");
  if (status !== 200) return null;
  await store.put({ shop: body });
  return body;
}

/** The items' changes, kept; null if nothing came. */
export async function items(store, box) {
  const known = (await store.get("items")) ?? { revision: null };
  const found = await round(box, "/v1/till/items", known.revision);
  if (found === null) return null;
  const { as_of, stock_as_of } = found.last;
  const changed = found.full || found.rows.length > 0 || found.gone.length > 0;
  if (changed) await shelves.keep(store, found, { revision: found.revision, as_of, stock_as_of });
  else await store.put({ items: { revision: found.revision, as_of, stock_as_of } });
  return { ...found, as_of, stock_as_of, changed };
}

/** Customers' changes into their sealed store. */
export async function customers(store, box, into) {
  const found = await round(box, "/v1/till/customers", await store.get("customers-revision"));
  if (found && (found.full || found.rows.length || found.gone.length)) await into.take(found);
}

/** The cloud's open quotes, kept. */
export async function quotes(store, box) {
  const known = (await store.get("quotes")) ?? { revision: null, rows: [] };
  const found = await round(box, "/v1/till/quotes", known.revision);
  if (found === null) return;
  const rows = new Map((found.full ? [] : known.rows).map((row) => [row.code, row]));
  for (const row of found.rows) rows.set(row.code, row);
  for (const code of found.gone) rows.delete(code);
  await store.put({ quotes: { revision: found.revision, rows: [...rows.values()] } });
}
