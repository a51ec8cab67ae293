/**
 * Cash rounding: to the nearest coin, half away from zero. Card and other tenders are never rounded. Same vectors as rules/cash.py.
 * @module
 */
import { divideRounded } from "./money.js";

/**
 * @param {number} minor
 * @param {number} step smallest coin, ≥ 1; 1 rounds nothing
 * @returns {{paid_minor: number, rounding_minor: number}} minor = paid + rounding
 */
export function roundCash(minor, step) {
  const paid_minor = Number(divideRounded(BigInt(minor), BigInt(step))) * step;
  return { paid_minor, rounding_minor: minor - paid_minor };
}

/**
 * The notes and coins a customer is likely to hand over for a sum: the sum itself, then the next round ones.
 * @param {number} dueMinor > 0, already rounded to a coin
 * @returns {number[]} at most four, rising, each once
 */
export function likelyCash(dueMinor) {
  const found = new Set([dueMinor]);
  for (const note of [500, 1_000, 2_000, 5_000, 10_000]) {
    const up = Math.ceil(dueMinor / note) * note;
    if (found.size < 4 && up > 0) found.add(up);
  }
  return [...found].sort((a, b) => a - b).slice(0, 4);
}
