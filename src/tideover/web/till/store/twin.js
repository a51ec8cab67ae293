/* The till's second memory. Chromium keeps each storage bucket in files of its own, and throws the files of one away, with all
they hold, once it finds them damaged. It damages them itself where it ended in the middle of a write (LevelDB's issue 1287):
what is written after the next start is lost with everything before it at the start after that. So the live tab writes
everything twice, here a moment later; the moment of an end lies in one of the two. Each counts its writes: the one that
counted more is the newer, and the other is made like it. */

const BUCKET = "tideover-twin";
const WRITTEN = "written"; // In `meta`: how many writes this memory has seen.

/** Opens the twin of `main`, and makes both alike; null where this browser has no buckets, or no room for it.
 * opened(factory): the same database, opened in that bucket's IndexedDB. */
export async function beside(main, opened) {
  let twin = null;
  try {
    const bucket = await navigator.storageBuckets?.open(BUCKET, { durability: "strict", persisted: true });
    if (!bucket) return null; // Firefox and Safari: they keep databases in another way.
    twin = await opened(bucket.indexedDB);
  } catch (error) {
    console.warn("the till has no second memory", error);
    return null;
  }
  return level(main, twin);
}

/** Runs `work(db)` in one writing transaction that counts itself. */
export function counted(db, tables, work) {
  return db.transaction("rw!", [...new Set([...tables, "meta"])], async () => {
    const before = db.meta.get(WRITTEN); // Asked beside the work, not after it.
    const done = await work(db);
    await db.meta.put(((await before) ?? 0) + 1, WRITTEN);
    return done;
  });
}

/** The older of the two becomes like the newer: the twin, or null where it cannot be written. What cannot be read of a newer twin
 * is not passed over: then the till must not go on from an older memory. */
async function level(main, twin) {
  const [here, there] = await Promise.all([main, twin].map((db) => db.meta.get(WRITTEN)));
  if (here !== undefined && here === there) return twin;
  if ((there ?? 0) > (here ?? 0)) {
    console.warn(`the till's memory (${here ?? 0} writes) comes back from its twin (${there})`);
    await copy(twin, main);
    return twin;
  }
  try {
    await copy(main, twin);
    return twin;
  } catch (error) {
    console.warn("the till's second memory could not be filled", error);
    twin.close();
    return null;
  }
}

async function copy(from, to) {
  const names = from.tables.map((table) => table.name);
  const all = await from.transaction("r!", names, () =>
    Promise.all(from.tables.map(async (table) => [table.name, await table.toArray(), await table.toCollection().primaryKeys()])));
  await to.transaction("rw!", names, async () => {
    for (const [name, rows, keys] of all) {
      await to.table(name).clear();
      await to.table(name).bulkPut(rows, to.table(name).schema.primKey.keyPath ? undefined : keys);
    }
  });
}
