/* Baskets on stable storage: the open one from its first key press, and those that were parked. A crash in mid-sale gives
the basket back as it stood. */

/** The basket that was open, or undefined. */
export const open = (store) => store.read(["basket"], (db) => db.basket.where("state").equals("open").first());

/** Keeps the open basket as it stands now. */
export function save(store, basket) {
  return store.write(["basket"], (db) => db.basket.put({ ...basket, state: "open" }));
}

/** Parks the open basket under a label. */
export function park(store, basket, label, operator) {
  return store.write(["basket"], (db) => db.basket.put({ ...basket, label, operator, state: "parked" }));
}

/** Parked ones, oldest first. */
export const parked = (store) => store.read(["basket"], (db) => db.basket.where("state").equals("parked").sortBy("started_at"));

/** Makes a parked basket the open one; undefined if it is no longer parked. */
export function fetch(store, id) {
  return store.write(["basket"], async (db) => {
    const found = await db.basket.get(id);
    if (found?.state !== "parked") return undefined;
    await db.basket.put({ ...found, state: "open" });
    return found;
  });
}

/** A basket that was emptied by hand. */
export const drop = (store, id) => store.write(["basket"], (db) => db.basket.delete(id));
