/* The catalogue as last pulled, in pieces: reading sixty large pieces is several times quicker than fifty thousand small
ones, and a change touches only its own. Items and their revision change together. */

const PIECES = 64;

function pieceOf(code) {
  let sum = 0;
  for (let at = 0; at < code.length; at += 1) sum = (sum * 31 + code.charCodeAt(at)) >>> 0;
  return sum % PIECES;
}

/** Every item kept, as one list. */
export async function items(store) {
  const pieces = await store.read(["shelf"], (db) => db.shelf.toArray());
  return pieces.flatMap((piece) => piece.rows);
}

/** Keeps a round of changes: {rows, gone: [codes], full}, and what is known about it (revision, ages) under `items`. */
export function keep(store, { rows, gone, full }, known) {
  const touched = new Map();
  const into = (code) => {
    const n = pieceOf(code);
    if (!touched.has(n)) touched.set(n, { rows: new Map(), gone: new Set() });
    return touched.get(n);
  };
  for (const row of rows) into(row.code).rows.set(row.code, row);
  for (const code of gone) into(code).gone.add(code);
  return store.write(["shelf", "meta"], async (db) => {
    if (full) await db.shelf.clear();
    for (const [n, change] of touched) {
      const kept = full ? [] : ((await db.shelf.get(n))?.rows ?? []);
      const left = kept.filter((row) => !change.rows.has(row.code) && !change.gone.has(row.code));
      await db.shelf.put({ n, rows: [...left, ...change.rows.values()] });
    }
    await db.meta.put(known, "items");
  });
}
