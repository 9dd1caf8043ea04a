import { setTimeout as pause } from 'node:timers/promises';
import { DriverError } from '../driver-error.js';

export interface UntilOptions {
  /** What is waited for, as it is named when it does not come. */
  what: string;
  everyMs: number;
  signal: AbortSignal;
}

/** Looks again and again until there is an answer; `timeout` when the signal fires first. */
export async function until<T>(o: UntilOptions, look: () => Promise<T | undefined>): Promise<T> {
  let last = '';
  while (!o.signal.aborted) {
    try {
      const found = await look();
      if (found !== undefined) return found;
      last = '';
    } catch (error) {
      // A cluster in the making refuses and drops connections; what is wrong for good is thrown as `command_failed`.
      if (!(error instanceof DriverError && error.retryable)) throw error;
      last = `: ${error.detail}`;
    }
    await pause(o.everyMs, undefined, { signal: o.signal }).catch(() => undefined);
  }
  throw new DriverError('timeout', `${o.what} did not come in time${last}`);
}
