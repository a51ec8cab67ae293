/* The till's entries. An entry, its two numbers and the end of its basket are one transaction: either all of it stands on
stable storage, or nothing happened. Nothing here deletes an entry that is not safe beyond the box.

States: "unsent" (here only) → "at-box" (the box has it; kept as witness) → "beyond" (also safe beyond the box); "refused":
the box said no for good, the entry stays here until a person has dealt with it. */

import { signedPart } from "../core/canonical.js";
import { sign } from "./device.js";

const WITNESS_DAYS = 40; // Entries that are safe beyond the box are kept so long for reports and refunds …
const WITNESS_MIN = 200; // … and at least so many.
const NUMBERED = { sale: "next_number", refund: "next_number", quote: "next_quote" };

/** The number on the paper, or null for kinds that have none. */
function numberOf(device, kind) {
  if (!(kind in NUMBERED)) return null;
  const plain = `${device.prefix}-${device[NUMBERED[kind]]}`;
  return kind === "quote" ? `QT-${plain}` : plain;
}

/** Signs and stores one entry; resolves with its row when it is durably there.
 * draft: {id, kind, happened_at, trading_day, operator, refers_to, in_outage, bodyOf(number)}; `seal(till, id)` gives what travels beside
 * the entry (or null); `also(db)` writes into the same transaction. The same id again gives the row that stands already. */
export async function append(store, till, draft, { seal = async () => null, also = () => null } = {}) {
  for (;;) {
    const device = await store.read(["device"], (db) => db.device.get(till));
    const row = await signed(device, draft);
    row.sealed = await seal(till, draft.id);
    const kept = await store.write(["device", "entry", "basket", "meta"], (db) => put(db, device, row, also));
    if (kept !== null) return kept;
  }
}

async function signed(device, draft) {
  const number = numberOf(device, draft.kind);
  const content = {
    id: draft.id,
    kind: draft.kind,
    version: 1,
    till: device.till,
    till_seq: device.next_seq,
    happened_at: draft.happened_at,
    trading_day: draft.trading_day,
    operator: draft.operator,
    refers_to: draft.refers_to ?? null,
    body: draft.bodyOf(number),
  };
  const bytes = signedPart(content);
  const { id, kind, till, till_seq: seq, trading_day } = content;
  return { id, kind, till, seq, trading_day, number, state: "unsent", in_outage: draft.in_outage, signed: bytes, signature: await sign(device, bytes) };
}

/** In one transaction; null: another entry took these numbers meanwhile, sign again. */
async function put(db, device, row, also) {
  const stands = await db.entry.get(row.id);
  if (stands) return stands;
  const now = await db.device.get(row.till);
  if (now.next_seq !== device.next_seq || numberOf(now, row.kind) !== row.number) return null;
  await db.entry.add(row);
  const counter = NUMBERED[row.kind];
  await db.device.put({ ...now, next_seq: now.next_seq + 1, ...(counter && { [counter]: now[counter] + 1 }) });
  await also(db);
  return row;
}

/** The ten keys that were signed. */
export const contentOf = (row) => JSON.parse(new TextDecoder().decode(row.signed));

/** Unsent entries of a till in the order of their numbers, at most `limit`. */
export function unsent(store, till, limit) {
  return store.read(["entry"], (db) =>
    db.entry.where("[state+till+seq]").between(["unsent", till, 0], ["unsent", till, Infinity]).limit(limit).toArray());
}

/** How many entries only this till has. */
export const countUnsent = (store) => store.read(["entry"], (db) => db.entry.where("state").equals("unsent").count());

const OVER = new Set(["unknown-till", "not-signed-in"]); // Why an enrolment ended: nothing that it signed goes to the box by itself.

/** How many the box may still take by itself. Those of an earlier enrolment that is over are kept and offered for a rescue, but no
 * new version waits for them. till: the enrolment in use. */
export function countAwaited(store, till) {
  return store.read(["entry", "device"], async (db) => {
    const over = (await db.device.toArray()).filter((one) => one.till !== till && OVER.has(one.ended?.code)).map((one) => one.till);
    return db.entry.where("state").equals("unsent").filter((row) => !over.includes(row.till)).count();
  });
}

/** Every entry that is unsent or was refused, by till and number: what a rescue carries away. */
export function unsettled(store) {
  return store.read(["entry"], async (db) => {
    const rows = await db.entry.where("state").anyOf("unsent", "refused").toArray();
    return rows.sort((a, b) => (a.till === b.till ? a.seq - b.seq : a.till < b.till ? -1 : 1));
  });
}

/** Entries the box refused for good, with its reason. */
export const refused = (store) => store.read(["entry"], (db) => db.entry.where("state").equals("refused").toArray());

/** All entries of a trading day, by number. */
export const ofDay = (store, day) => store.read(["entry"], (db) => db.entry.where("trading_day").equals(day).sortBy("seq"));

/** The newest entries of these kinds, newest first. */
export function newest(store, till, limit, kinds) {
  return store.read(["entry"], (db) =>
    db.entry.where("[till+seq]").between([till, 0], [till, Infinity]).reverse().filter((row) => kinds.includes(row.kind)).limit(limit).toArray());
}

/** The number of the next paper of a receipt: 0 for the receipt itself, if `copy` is false and none was asked for before; else
 * that of a copy, from 1. Kept before it is asked for, so that no two papers are one. */
export function nextPaper(store, id, copy) {
  return store.write(["entry"], async (db) => {
    const row = await db.entry.get(id);
    const copies = (row?.copies ?? (copy ? 0 : -1)) + 1;
    if (row) await db.entry.put({ ...row, copies });
    return copies;
  });
}

/** That paper was refused before it left: its number is free again, unless a later one was taken meanwhile. */
export function noPaper(store, id, paper) {
  return store.write(["entry"], async (db) => {
    const { copies, ...row } = (await db.entry.get(id)) ?? {};
    if (copies === paper) await db.entry.put(paper === 0 ? row : { ...row, copies: paper - 1 });
  });
}

export const byId = (store, id) => store.read(["entry"], (db) => db.entry.get(id));
export const byNumber = (store, number) => store.read(["entry"], (db) => db.entry.where("number").equals(number).first());

/** The box answered: it has them. Only what is unsent changes; the PIN beside it is gone with it. */
export function taken(store, ids) {
  return store.write(["entry"], async (db) => {
    const rows = (await db.entry.bulkGet(ids)).filter((row) => row?.state === "unsent");
    await db.entry.bulkPut(rows.map((row) => ({ ...row, state: "at-box", sealed: null, why: null })));
  });
}

/** The box said no for good. */
export function refuse(store, id, why) {
  return store.write(["entry"], (db) => db.entry.update(id, { state: "refused", why }));
}

/** The box lost its tail: everything from this number on is sent again. Resolves with how many that are. */
export function sendAgain(store, till, seq) {
  return store.write(["entry"], async (db) => {
    const rows = await db.entry.where("[till+seq]").between([till, seq], [till, Infinity]).toArray();
    const back = rows.filter((row) => row.state === "at-box" || row.state === "beyond");
    await db.entry.bulkPut(back.map((row) => ({ ...row, state: "unsent" })));
    return back.length;
  });
}

/** Acknowledged beyond the box up to that number: they need no witness here any more. */
export function settled(store, till, seq) {
  return store.write(["entry"], async (db) => {
    const rows = await db.entry.where("[state+till+seq]").between(["at-box", till, 0], ["at-box", till, seq], true, true).toArray();
    await db.entry.bulkPut(rows.map((row) => ({ ...row, state: "beyond" })));
  });
}

/** Forgets old entries that are safe beyond the box; `day` is the first one to keep (YYYY-MM-DD). */
export function forget(store, day, atLeast = WITNESS_MIN) {
  return store.write(["entry"], async (db) => {
    const rows = await db.entry.where("state").equals("beyond").sortBy("seq");
    const old = rows.slice(0, Math.max(0, rows.length - atLeast)).filter((row) => row.trading_day < day);
    await db.entry.bulkDelete(old.map((row) => row.id));
    return old.length;
  });
}

/** The first trading day whose entries are kept, `days` before this one. */
export function keepFrom(day, days = WITNESS_DAYS) {
  return new Date(Date.parse(`${day}T12:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10);
}

/** The box refused an entry for good, and a till's numbers have no gap: a note takes its number and says so, so that all
 * later entries pass. What was refused stays here, as it was signed, until a person has dealt with it. */
export async function standIn(store, device, row, why, { id, happened_at, trading_day }) {
  const content = contentOf(row);
  const what = row.number ?? content.kind;
  const text = `${what} (${row.id}) was refused by the box: ${why.code}. It is kept at the till ${device.name}.`;
  const note = { ...content, id, kind: "note", version: 1, happened_at, trading_day, refers_to: null, body: { text, sheet: "" } };
  const bytes = signedPart(note);
  const stand = { id, kind: "note", till: row.till, seq: row.seq, trading_day, number: null, state: "unsent", signed: bytes, signature: await sign(device, bytes), sealed: null };
  await store.write(["entry"], async (db) => {
    const now = await db.entry.get(row.id);
    if (now?.state !== "unsent") return;
    await db.entry.put({ ...now, seq: -row.seq, state: "refused", why });
    await db.entry.add(stand);
  });
}
