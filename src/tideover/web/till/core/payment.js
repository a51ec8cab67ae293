/**
 * How a sum is paid: tenders, cash rounding and change. Cash is rounded, nothing else is. The twin of trade/payment.py.
 * @module
 */
import { roundCash } from "./cash.js";
import { refuse } from "./refusal.js";

/**
 * @typedef {{kind: string, amount_minor: number|null, reference: string|null, given_minor: number|null}} Pay one wish; amount null:
 *   whatever is left. Amounts are negative in a refund.
 * @typedef {{tenders: object[], rounding_minor: number, change_minor: number}} Paid Σ tenders + rounding = the sum
 */

/**
 * @param {number} totalMinor
 * @param {Pay[]} wishes
 * @param {number} step smallest coin
 * @returns {Paid|import("./refusal.js").Refusal} codes: two-open, given-too-little, unbalanced (facts.rest_minor)
 */
function pay(totalMinor, wishes, step) {
  const open = wishes.filter((wish) => wish.amount_minor === null);
  if (open.length > 1) return refuse("two-open", "Only one payment may take what is left.");
  const rest = totalMinor - wishes.reduce((sum, wish) => sum + (wish.amount_minor ?? 0), 0);
  const shared = shareRest(rest, wishes, open, step);
  if (shared === null) return refuse("unbalanced", "There is {rest_minor} still to pay.", { rest_minor: rest });
  const [left, rounding_minor] = shared;
  const tenders = [];
  let change_minor = 0;
  for (const wish of wishes) {
    const amount_minor = wish.amount_minor ?? left;
    if (wish.given_minor !== null) {
      if (wish.given_minor < amount_minor) {
        return refuse("given-too-little", "{given_minor} was given for {sum_minor}.", { given_minor: wish.given_minor, sum_minor: amount_minor });
      }
      change_minor += wish.given_minor - amount_minor;
    }
    tenders.push({ kind: wish.kind, amount_minor, reference: wish.reference, given_minor: wish.given_minor });
  }
  return { tenders, rounding_minor, change_minor };
}

/** [what the open wish takes, cash rounding]; null if the amounts do not make the sum. */
function shareRest(rest, wishes, open, step) {
  if (open.length) {
    if (open[0].kind !== "cash") return [rest, 0];
    const { paid_minor, rounding_minor } = roundCash(rest, step);
    return [paid_minor, rounding_minor];
  }
  if (rest === 0) return [0, 0];
  const inCash = wishes.filter((wish) => wish.kind === "cash");
  const cash = inCash.reduce((sum, wish) => sum + wish.amount_minor, 0);
  const { paid_minor, rounding_minor } = roundCash(cash + rest, step);
  return inCash.length && paid_minor === cash && rounding_minor === rest ? [0, rest] : null;
}

/**
 * What the basket's tenders come to as wishes: cash that covers what is left takes exactly that and gives change; less is a part.
 * @param {number} totalMinor
 * @param {Pay[]} tenders as they were taken, in order; cash with amount null stands for what was handed over
 * @param {number} step
 * @returns {Pay[]}
 */
function wishesOf(totalMinor, tenders, step) {
  let rest = totalMinor - tenders.reduce((sum, one) => sum + (one.amount_minor ?? 0), 0);
  return tenders.map((one) => {
    if (one.amount_minor !== null || one.given_minor === null) return one;
    if (one.given_minor >= roundCash(rest, step).paid_minor) {
      rest = 0;
      return one;
    }
    rest -= one.given_minor;
    return { ...one, amount_minor: one.given_minor };
  });
}

/**
 * How far a sum is paid.
 * @param {number} totalMinor
 * @param {Pay[]} tenders
 * @param {number} step
 * @returns {{tenders: object[], paid_minor: number, rounding_minor: number, change_minor: number, due_minor: number, due_cash_minor: number}}
 *   due: still to be paid (negative: to be given back); due_cash: the same in coins that exist
 */
export function settle(totalMinor, tenders, step) {
  const wishes = wishesOf(totalMinor, tenders, step);
  const paid = pay(totalMinor, wishes, step);
  if (!paid.refused) {
    const paid_minor = paid.tenders.reduce((sum, one) => sum + one.amount_minor, 0);
    return { ...paid, paid_minor, due_minor: 0, due_cash_minor: 0 };
  }
  const paid_minor = wishes.reduce((sum, one) => sum + (one.amount_minor ?? 0), 0);
  const due_minor = totalMinor - paid_minor;
  const made = wishes.map((one) => ({ ...one, amount_minor: one.amount_minor ?? 0 }));
  return { tenders: made, paid_minor, rounding_minor: 0, change_minor: 0, due_minor, due_cash_minor: roundCash(due_minor, step).paid_minor };
}
