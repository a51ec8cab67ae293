/**
 * How far a person may go alone: discounts and refunds over the limit need a grant. Decides as trade/sell.py, take_back.py and
 * plan/store.py do; the twin of rules/limits.py. Who may sell at all is not its matter.
 * @module
 */
import { RATE_SCALE, lineAmount } from "./money.js";
import { grossSum } from "./vat.js";

/**
 * @param {number} fullMinor
 * @param {number} discountMinor
 * @param {number} limitPpm
 * @returns {boolean} true if this much off a full price stays within the limit (inclusive); a surcharge always does
 */
function mayDiscount(fullMinor, discountMinor, limitPpm) {
  if (discountMinor === 0 || discountMinor > 0 !== fullMinor > 0) return true;
  return BigInt(Math.abs(discountMinor)) * BigInt(RATE_SCALE) <= BigInt(Math.abs(fullMinor)) * BigInt(limitPpm);
}

/**
 * @param {{quantity: number, unit_price: number, amount_minor: number, list_price: number|null}[]} lines
 * @param {number} limitPpm
 * @returns {{off_minor: number, share_ppm: number}} Σ of the discounts over the limit and the largest share; a price under the
 *   copy's (a quote's, where it is one) is a discount too
 */
export function discountToGrant(lines, limitPpm) {
  let off_minor = 0;
  let share_ppm = 0;
  for (const line of lines) {
    const full = lineAmount(line.quantity, Math.max(line.list_price ?? line.unit_price, line.unit_price));
    const off = full - line.amount_minor;
    if (mayDiscount(full, off, limitPpm)) continue;
    off_minor += Math.abs(off);
    const size = BigInt(Math.abs(full));
    const share = Number((BigInt(Math.abs(off)) * BigInt(RATE_SCALE) + size - 1n) / size); // Rounded up: never past the limit.
    share_ppm = Math.max(share_ppm, share);
  }
  return { off_minor, share_ppm };
}

/**
 * @param {object} grant
 * @param {number} amountMinor
 * @param {number} spentMinor of it used that day
 * @returns {boolean}
 */
function isCovered(grant, amountMinor, spentMinor) {
  const amount = Math.abs(amountMinor);
  const each = grant.each_minor ?? null;
  const day = grant.day_minor ?? null;
  return (each === null || amount <= each) && (day === null || spentMinor + amount <= day);
}

/**
 * @param {object|null} grant
 * @param {number} offMinor
 * @param {number} sharePpm
 * @returns {boolean} true if the grant is for discounts of that sum and share
 */
export function allowsDiscount(grant, offMinor, sharePpm) {
  if (!grant || grant.right !== "discount") return false;
  return isCovered({ each_minor: grant.each_minor }, offMinor, 0) && (grant.share_ppm ?? RATE_SCALE) >= sharePpm;
}

/**
 * @param {object|null} grant
 * @param {number} totalMinor
 * @returns {boolean} true if the grant is for refunds of that sum
 */
export function allowsRefund(grant, totalMinor) {
  return Boolean(grant) && grant.right === "refund" && isCovered({ each_minor: grant.each_minor }, totalMinor, 0);
}

/**
 * May this person do that, alone? Amounts are as `needOf` gives them.
 * @param {object} shop operators [{name, role}], grants, settings
 * @param {string} operator name
 * @param {"discount"|"refund"} right
 * @param {{amount_minor: number, share_ppm?: number, spent?: Record<string, number>, in_outage?: boolean}} amounts spent: grant id to
 *   what was used of it today (`spentOf`); in_outage: some grants hold only then
 * @param {string} day trading day
 * @returns {{ok: boolean, grant: object|null, limit_minor: number|null, who: string[]}} grant: the one that allows it, null where
 *   none is needed; limit: the most this person may do at once (null: no limit); who: others who may
 */
export function allowed(shop, operator, right, amounts, day) {
  const amount = Math.abs(amounts.amount_minor);
  const limit_minor = limitOf(shop, operator, right, amounts, day);
  if (!amount || (right === "refund" && amount <= shop.settings.refund_limit_minor)) return { ok: true, grant: null, limit_minor, who: [] };
  const grant = grantFor(shop, operator, right, amounts, day);
  const others = shop.operators.filter((one) => one.name !== operator && grantFor(shop, one.name, right, amounts, day));
  return { ok: grant !== null, grant, limit_minor, who: grant ? [] : others.map((one) => one.name) };
}

function grantFor(shop, operator, right, amounts, day) {
  const spent = amounts.spent ?? {};
  const found = held(shop, operator, right, amounts, day).find(
    (one) => isCovered(one, amounts.amount_minor, spent[one.id] ?? 0) && (amounts.share_ppm ?? 0) <= (one.share_ppm ?? RATE_SCALE),
  );
  return found ?? null;
}

function held(shop, operator, right, amounts, day) {
  const role = shop.operators.find((one) => one.name === operator)?.role ?? null;
  return (shop.grants ?? []).filter((grant) => grant.right === right && inForce(grant, operator, role, day, amounts.in_outage ?? true));
}

function inForce(grant, person, role, day, inOutage) {
  const mine = grant.person ? grant.person === person : (grant.role ?? null) !== null && grant.role === role;
  return mine && isDayOf(grant, day) && (inOutage || !grant.only_in_outage);
}

/**
 * @param {object} grant
 * @param {string} day
 * @returns {boolean} true if the grant holds on that trading day
 */
export function isDayOf(grant, day) {
  return (!grant.from_day || grant.from_day <= day) && (!grant.until_day || day <= grant.until_day);
}

function limitOf(shop, operator, right, amounts, day) {
  const spent = amounts.spent ?? {};
  let most = right === "refund" ? shop.settings.refund_limit_minor : 0;
  for (const grant of held(shop, operator, right, amounts, day)) {
    const left = grant.day_minor == null ? null : Math.max(0, grant.day_minor - (spent[grant.id] ?? 0));
    if (grant.each_minor == null && left === null) return null;
    most = Math.max(most, Math.min(grant.each_minor ?? left, left ?? grant.each_minor));
  }
  return most;
}

/**
 * What a basket needs a grant for.
 * @param {import("./basket.js").Basket} state
 * @param {object} shop
 * @returns {{right: "discount"|"refund", amount_minor: number, share_ppm: number}|null} null: nothing
 */
export function needOf(state, shop) {
  if (state.kind === "refund") {
    const back = -grossSum(state.lines, shop.settings.prices_include_vat);
    return back > shop.settings.refund_limit_minor ? { right: "refund", amount_minor: back, share_ppm: 0 } : null;
  }
  const { off_minor, share_ppm } = discountToGrant(state.lines, shop.settings.discount_limit_ppm);
  return off_minor ? { right: "discount", amount_minor: off_minor, share_ppm } : null;
}

/**
 * @param {{kind: string, trading_day: string, body: object}[]} entries
 * @param {string} day
 * @returns {Record<string, number>} grant id to what sales and refunds of that day used of it
 */
export function spentOf(entries, day) {
  const spent = {};
  for (const { kind, trading_day, body } of entries) {
    if (trading_day !== day || (kind !== "sale" && kind !== "refund") || !body.grant) continue;
    const used = kind === "sale"
      ? body.lines.reduce((sum, line) => sum + Math.abs(line.discount_minor), 0)
      : -grossSum(body.lines, body.prices_include_vat);
    spent[body.grant] = (spent[body.grant] ?? 0) + used;
  }
  return spent;
}
