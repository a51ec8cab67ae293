/* One live tab: the tab that holds the lock sells, every other one only shows. The browser gives the lock back when its
tab ends, however it ends; no timer decides. */

const LOCK = "tideover-till";
const CHANNEL = "tideover-till-lock";

export class Lock {
  #release = null;
  #channel = new BroadcastChannel(CHANNEL);

  /** onChange(isLive): called when this tab becomes the live one, or stops being it.
   * mayLetGo(): resolves when nothing is half-done; asked before the lock is handed to another tab. */
  constructor(onChange, mayLetGo) {
    this.isLive = false;
    this.onChange = onChange;
    this.#channel.onmessage = async (message) => {
      if (message.data !== "let-go" || !this.isLive) return;
      await mayLetGo();
      this.#letGo();
    };
  }

  /** Resolves with true if this tab is the live one from now on; else it stands in line and `onChange` tells later. */
  async take() {
    const got = await new Promise((resolve) => {
      navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock === null ? undefined : this.#hold();
      });
    });
    if (!got) this.#standInLine();
    return got;
  }

  /** Asks the live tab to hand over. */
  ask() {
    this.#channel.postMessage("let-go");
  }

  #standInLine() {
    navigator.locks.request(LOCK, () => {
      const held = this.#hold();
      this.onChange(true);
      return held;
    });
  }

  #hold() {
    this.isLive = true;
    return new Promise((release) => {
      this.#release = release;
    });
  }

  #letGo() {
    this.isLive = false;
    this.#release();
    this.onChange(false);
    setTimeout(() => this.#standInLine(), 50); // Behind the tab that asked.
  }
}
