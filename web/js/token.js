const KEY = 'wheelhouse.token';
/** Renewed this long before it ends, ms, so that one failed attempt does not matter. */
const EARLY_MS = 120_000;

function expiryOf(token) {
  try {
    const body = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
    const { exp } = JSON.parse(atob(body));
    return typeof exp === 'number' ? exp * 1000 : Infinity;
  } catch {
    return Infinity;
  }
}

/** The learner's token: taken from the address once, kept for this browser tab, renewed before it ends. */
export class LearnerToken {
  #value = sessionStorage.getItem(KEY);
  /** @type {Promise<boolean> | undefined} */
  #renewal;
  #timer = 0;
  /** Called when the token has ended for good. */
  onOver = () => {};

  constructor() {
    this.#schedule();
  }

  get value() {
    return this.#value;
  }

  /** @param {string} token */
  set(token) {
    this.#value = token;
    sessionStorage.setItem(KEY, token);
    this.#schedule();
  }

  /** Asks for a new token, once for all who ask meanwhile. False: there is none to be had. */
  renew() {
    this.#renewal ??= this.#ask().finally(() => (this.#renewal = undefined));
    return this.#renewal;
  }

  async #ask() {
    const headers = { Authorization: `Bearer ${this.#value}` };
    // A network fault is not the end of the token: it rejects, and whoever asked tries again.
    const response = await fetch('/v1/tokens/renew', { method: 'POST', headers });
    if (response.ok) {
      this.set((await response.json()).token);
      return true;
    }
    if (response.status === 401 || response.status === 403) {
      sessionStorage.removeItem(KEY);
      clearTimeout(this.#timer);
      this.onOver();
    }
    return false;
  }

  #schedule() {
    clearTimeout(this.#timer);
    if (!this.#value) return;
    const left = expiryOf(this.#value) - Date.now() - EARLY_MS;
    if (!Number.isFinite(left)) return;
    this.#timer = setTimeout(
      () => this.renew().catch(() => this.#schedule()),
      Math.min(Math.max(left, 15_000), 2 ** 31 - 1),
    );
  }
}
