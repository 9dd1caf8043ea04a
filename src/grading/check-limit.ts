import { AppError } from '../common/errors/app-error.js';

const EVERY_MS = 2000;
const MAX_RUNS = 10_000;

/** One check per run and two seconds: each one makes the machine look at everything. */
export class CheckLimit {
  private readonly last = new Map<string, number>();

  /** Throws rate_limited with the seconds to wait. */
  take(sandboxId: string, now: number): void {
    const wait = (this.last.get(sandboxId) ?? -Infinity) + EVERY_MS - now;
    if (wait > 0) {
      throw new AppError('rate_limited', 'A check was asked for less than two seconds ago.', {
        retryAfter: wait / 1000,
      });
    }
    if (this.last.size >= MAX_RUNS) this.last.clear();
    this.last.set(sandboxId, now);
  }
}
