/** What was typed into the one line of the sell screen: a quantity before a sign of times, and what is looked for. */

import { SCALES, typed } from "./words.js";

const TIMES = /^\s*(\d{1,6}(?:[.,]\d{1,3})?)\s*[*×]\s*(.*)$/s;
const QUANTITY_MAX = 100_000_000; // 100,000 pieces: more is a slip of the finger.

/** "3*milk" as {quantity: 3000, text: "milk"}; quantity is in thousandths, 1000 where none was typed. */
export function parted(line) {
  const found = TIMES.exec(line);
  if (!found) return { quantity: 1_000, text: line.trim(), has: false };
  const quantity = typed(found[1], SCALES.QUANTITY, QUANTITY_MAX);
  return quantity ? { quantity, text: found[2].trim(), has: true } : { quantity: 1_000, text: line.trim(), has: false };
}

/** The code's item and how much of it, whatever shape the catalogue answers in; null for a code nobody knows. */
export function found(catalogue, code) {
  const hit = catalogue?.byCode(code);
  if (!hit) return null;
  return hit.item ? hit : { item: hit };
}

/** The action that puts it into the basket; what a weight label says goes before what was typed. */
export function adding(hit, quantity = 1_000) {
  return { do: "add", item: hit, quantity: hit.quantity ?? quantity };
}
