/**
 * Which trading day an instant belongs to: the day turns at a local hour, not at midnight. Never reads the clock.
 * Never goes back: a later instant never belongs to an earlier day. Same vectors as rules/calendar.py.
 * @module
 */

const DAY_MS = 86_400_000;
const formats = new Map();

function format(zone) {
  let found = formats.get(zone);
  if (!found) {
    const parts = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" };
    found = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", calendar: "iso8601", numberingSystem: "latn", ...parts });
    formats.set(zone, found);
  }
  return found;
}

/** The clock on the shop's wall, as if it stood in UTC; ms. */
function wall(ms, zone) {
  const seen = {};
  for (const { type, value } of format(zone).formatToParts(ms)) seen[type] = Number(value);
  return Date.UTC(seen.year, seen.month - 1, seen.day, seen.hour, seen.minute, seen.second);
}

function offset(ms, zone) {
  const whole = Math.floor(ms / 1000) * 1000;
  return wall(whole, zone) - whole;
}

function dayText(wallMs) {
  return new Date(wallMs).toISOString().slice(0, 10);
}

/**
 * @param {string} day YYYY-MM-DD
 * @param {string} zone like Europe/Helsinki
 * @param {string} turnsAt HH:MM
 * @returns {number} UTC ms at which that trading day begins; an hour that the clocks skip or repeat counts once
 */
function dayStartsAt(day, zone, turnsAt) {
  const [hour, minute] = turnsAt.split(":").map(Number);
  const local = Date.parse(`${day}T00:00:00Z`) + (hour * 60 + minute) * 60_000;
  const before = offset(local - DAY_MS, zone);
  const after = offset(local + DAY_MS, zone);
  if (offset(local - before, zone) === before || offset(local - after, zone) !== after) return local - before;
  return local - after;
}

/**
 * @param {number} ms UTC
 * @param {string} zone
 * @param {string} turnsAt HH:MM, local
 * @returns {string} YYYY-MM-DD
 */
export function tradingDay(ms, zone, turnsAt) {
  const today = localDay(ms, zone);
  return ms >= dayStartsAt(today, zone, turnsAt) ? today : addDays(today, -1);
}

/**
 * @param {number} ms UTC
 * @param {string} zone
 * @returns {string} the date on the shop's wall
 */
export function localDay(ms, zone) {
  return dayText(wall(ms, zone));
}

/**
 * @param {number} ms UTC
 * @param {string} zone
 * @returns {string} HH:MM on the shop's wall
 */
export function localTime(ms, zone) {
  return new Date(wall(ms, zone)).toISOString().slice(11, 16);
}

/**
 * @param {string} day YYYY-MM-DD
 * @param {number} n
 * @returns {string}
 */
function addDays(day, n) {
  return dayText(Date.parse(`${day}T00:00:00Z`) + n * DAY_MS);
}
