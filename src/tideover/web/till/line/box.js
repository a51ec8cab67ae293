/* The line to the box. No call holds anybody up for more than two seconds: a slow box is an away box, and it is back when
it answers again, without a click. Whatever is no answer of ours (a captive portal, another server) is no answer. */

export const LIMIT_MS = 2_000;
const UNHEARD_MS = 1_000; // A person waits so long for a box that has not said a word yet.

/** The box did not answer, or not in time. */
export class Away extends Error {
  name = "Away";
}

export class Box {
  #givingUp = new Set(); // Called when the box turns out to be away.

  /** onChange(): called when `standing` changes. */
  constructor(onChange = () => {}) {
    this.standing = "unknown"; // here, away, unknown.
    this.token = "";
    this.language = "";
    this.onChange = onChange;
  }

  /** A counter that only ticks on, ms. */
  tick() {
    return performance.now();
  }

  /** {status, body, took_ms} of a request. After LIMIT_MS the box counts as away, and after `limit_ms` the call ends with Away.
   * token: another till's, for entries that it left behind. */
  async call(method, path, body, { limit_ms = LIMIT_MS, token = this.token } = {}) {
    const began = performance.now();
    const slow = setTimeout(() => this.#stand("away"), LIMIT_MS);
    try {
      const reply = await fetch(path, {
        method,
        headers: this.#headers(token, body),
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(limit_ms),
        credentials: "omit",
        cache: "no-store",
        redirect: "error",
      });
      const told = reply.status === 204 ? null : await reply.json();
      const took_ms = performance.now() - began;
      this.#stand(took_ms <= LIMIT_MS ? "here" : "away");
      return { status: reply.status, body: told, took_ms };
    } catch (error) {
      this.#stand("away");
      throw new Away(String(error?.message ?? error), { cause: error });
    } finally {
      clearTimeout(slow);
    }
  }

  /** What `work` resolves to, or Away as soon as any other call finds the box away, or where it was not heard yet: nobody waits
   * twice for one silence. */
  async unlessAway(work) {
    let giveUp;
    const away = new Promise((_, reject) => { giveUp = () => reject(new Away("the box is silent")); });
    this.#givingUp.add(giveUp);
    const timer = this.standing === "here" ? 0 : setTimeout(giveUp, UNHEARD_MS);
    try {
      return await Promise.race([work, away]);
    } finally {
      clearTimeout(timer);
      this.#givingUp.delete(giveUp);
    }
  }

  #headers(token, body) {
    return {
      Accept: "application/json",
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(this.language && { "Accept-Language": this.language }),
      ...(body !== undefined && { "Content-Type": "application/json" }),
    };
  }

  #stand(standing) {
    if (this.standing === standing) return;
    this.standing = standing;
    if (standing === "away") for (const giveUp of this.#givingUp) giveUp();
    this.onChange();
  }
}
