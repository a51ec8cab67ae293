/* What time it is. A device's clock may be a day off; the box says the time with every look at it, and the till keeps the
difference, so receipts and trading days are right with the box away too. Staff are told while the clock is off. */

const TOLD_FROM_MS = 60_000; // A clock that is off by less is nobody's worry.
const CORRECTED_FROM_MS = 5_000; // Less than this is the line's own delay.

export class Clock {
  #offset_ms = 0; // Box − device, as last heard.
  #since; // {device_ms, tick_ms}: what this device's clock and its ticking counter showed when they were last believed.
  #latest_ms = 0; // The latest time that was given out.
  #back_ms = 0; // By how much the clock had been put back while the till was closed.

  /** kept: what `record` gave, as stored. device/tick: this device's clock and a counter that only ticks on, ms. */
  constructor(kept = null, device = () => Date.now(), tick = () => performance.now()) {
    this.device = device;
    this.tick = tick;
    this.#believe();
    if (!kept) return;
    this.#offset_ms = kept.offset_ms;
    const back_ms = kept.latest_ms - (device() + kept.offset_ms);
    this.#back_ms = back_ms >= TOLD_FROM_MS ? back_ms : 0; // It is at least as late as it was when something last happened.
  }

  #believe() {
    this.#since = { device_ms: this.device(), tick_ms: this.tick() };
  }

  /** How far the device's clock has moved beyond what has ticked by: set by hand, or (ahead) the machine was asleep. */
  get #jump_ms() {
    const jump_ms = this.device() - this.#since.device_ms - (this.tick() - this.#since.tick_ms);
    return Math.abs(jump_ms) >= TOLD_FROM_MS ? jump_ms : 0;
  }

  /** The box said that it is `now_ms`, in an answer that took `took_ms`. */
  heard(now_ms, took_ms) {
    const off_ms = now_ms + took_ms / 2 - this.device();
    this.#offset_ms = Math.abs(off_ms) < CORRECTED_FROM_MS ? 0 : Math.round(off_ms);
    this.#back_ms = 0;
    this.#believe();
    this.#latest_ms = this.now();
  }

  /** The time, UTC ms. A clock that is put back is not followed; one that goes ahead is, for the machine may have slept. */
  now() {
    const now_ms = this.device() + this.#offset_ms + this.#back_ms - Math.min(0, this.#jump_ms);
    this.#latest_ms = Math.max(this.#latest_ms, Math.round(now_ms));
    return Math.round(now_ms);
  }

  /** For people: by how many seconds the device's clock is ahead (behind: negative), and whether the box said so; else null. */
  get off() {
    const doubt_ms = this.#jump_ms - this.#back_ms;
    const off_ms = doubt_ms - this.#offset_ms;
    return Math.abs(off_ms) >= TOLD_FROM_MS ? { off_s: Math.round(off_ms / 1000), sure: doubt_ms === 0 } : null;
  }

  /** What is stored, so that a start without the box knows it. */
  get record() {
    return { offset_ms: this.#offset_ms, latest_ms: this.#latest_ms };
  }
}
