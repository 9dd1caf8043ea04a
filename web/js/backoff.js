/** Delays before the next attempt, ms: doubling from 250 to 8000, each drawn from its upper half. */
export class Backoff {
  #attempt = 0;

  next() {
    const ceiling = Math.min(8000, 250 * 2 ** this.#attempt);
    this.#attempt++;
    return ceiling / 2 + (Math.random() * ceiling) / 2;
  }

  reset() {
    this.#attempt = 0;
  }
}

/**
 * Waits, but no longer than until the browser says that the network is back. Resolves at once when aborted.
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function pause(ms, signal) {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener('online', done);
    signal.addEventListener('abort', done);
  });
}
