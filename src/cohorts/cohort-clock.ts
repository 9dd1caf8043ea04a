import type { Clock } from '../common/clock.js';
import type { Logger } from '../common/logger.js';
import type { SandboxRuntime } from '../sandbox/sandbox.runtime.js';
import type { CohortBook } from './cohort-book.js';

const EVERY_MS = 1000;

/** Ends what a cohort that closed still has, those who wait in the queue included. */
export class CohortClock {
  private cancel: (() => void) | undefined;

  constructor(
    private readonly d: { book: CohortBook; sandboxes: SandboxRuntime; clock: Clock; logger: Logger },
  ) {}

  start(): void {
    this.cancel = this.d.clock.after(EVERY_MS, () => {
      this.look();
      this.start();
    });
  }

  stop(): void {
    this.cancel?.();
  }

  private look(): void {
    const { book, sandboxes, clock, logger } = this.d;
    const now = clock.now();
    for (const entry of sandboxes.living.entries.values()) {
      const { cohortId, intent } = entry.row;
      if (intent !== 'run' || (book.closesAt(cohortId) ?? Infinity) > now) continue;
      sandboxes.service.endNow(entry, 'Ended: the cohort has closed.').catch((error: unknown) => {
        logger.warn({ err: error, sandbox: entry.row.id }, 'a closed cohort keeps a sandbox, will try again');
      });
    }
  }
}
