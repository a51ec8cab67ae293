/* New versions of the till. One is fetched beside the running one, whole and checked; it is used only when nothing is unsent
and no basket is open, and never in the middle of anything. */

const ANSWER_MS = 60_000;

/** Asks the service worker; {error} where it does not answer. */
function ask(worker, message) {
  return new Promise((resolve) => {
    const line = new MessageChannel();
    const timer = setTimeout(() => resolve({ error: "the service worker does not answer" }), ANSWER_MS);
    line.port1.onmessage = (event) => {
      clearTimeout(timer);
      line.port1.close();
      resolve(event.data);
    };
    worker.postMessage(message, [line.port2]);
  });
}

export class Update {
  #registration = null;
  #seen = null; // The box's version as last heard.

  /** onChange(): called when `waiting` changes. */
  constructor(onChange) {
    this.waiting = null; // A version that is here, whole, and not yet used.
    this.served = null; // The version that runs, where a service worker serves it.
    this.opensAlone = null; // Whether the till opens with the box away; null until the browser has said so.
    this.onChange = onChange;
  }

  /** Registers the service worker; what fails now (the box is away) is tried again with the next offer. */
  async start() {
    if (!("serviceWorker" in navigator)) return this.#told(false);
    try {
      this.#registration = await navigator.serviceWorker.register("sw.js", { updateViaCache: "none" });
    } catch {
      this.#registration = (await navigator.serviceWorker.getRegistration()) ?? null;
    }
    this.#told(this.#registration !== null); // None, for one, where somebody clicked a certificate's warning away.
  }

  #told(opensAlone) {
    this.opensAlone = opensAlone;
    this.onChange();
  }

  /** The box runs this version: fetches it if it is not the one in use. */
  async offered(version) {
    if (!version || version === this.#seen) return;
    const worker = this.#registration?.active;
    if (!worker) {
      if (!this.#registration?.installing) await this.start();
      return;
    }
    this.#seen = version;
    this.served ??= (await ask(worker, { do: "served" })).version ?? null;
    if (version === this.served) return;
    this.#registration.update().catch(() => {}); // The worker's own file may be newer, too.
    const told = await ask(worker, { do: "prepare" });
    if (told.error) {
      this.#seen = null; // Again with the next look.
      return;
    }
    this.waiting = told.version === this.served ? null : told.version;
    this.onChange();
  }

  /** Uses the waiting version from the next load on; the caller has made sure that nothing is unsent or open. True if so. */
  async approve() {
    const worker = this.#registration?.active;
    if (!worker || this.waiting === null) return false;
    const told = await ask(worker, { do: "approve", version: this.waiting });
    if (told.error) return false;
    this.#registration.waiting?.postMessage({ do: "take-over" });
    return true;
  }
}
