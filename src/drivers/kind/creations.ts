import { Semaphore } from '../../common/semaphore.js';
import { DriverError } from '../driver-error.js';

export interface Creation {
  name: string;
  signal: AbortSignal;
  /** Counted from the moment that its turn has come. */
  budgetMs: number;
}

/** Creations of this process: so many at once, and each can be ended by name. */
export class Creations {
  private readonly turns: Semaphore;
  private readonly running = new Map<string, { abort: AbortController; done: Promise<unknown> }>();

  constructor(limit: number) {
    this.turns = new Semaphore(limit);
  }

  /** `work` gets a signal that fires on cancellation, and when the budget is used up. */
  run<T>(o: Creation, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.running.has(o.name)) {
      return Promise.reject(new DriverError('busy', `${o.name} is being made already`));
    }
    const abort = new AbortController();
    const { signal } = abort;
    const end = (): void => abort.abort();
    if (o.signal.aborted) end();
    o.signal.addEventListener('abort', end, { once: true });
    const cancelled = new DriverError('timeout', `${o.name}: cancelled while it waited for its turn`);
    let begun = false;
    const turn = this.turns.run(async () => {
      begun = true;
      if (signal.aborted) throw cancelled;
      const timer = setTimeout(end, o.budgetMs);
      try {
        return await work(signal);
      } finally {
        clearTimeout(timer);
      }
    });
    // Whoever still waits need not come to its turn to be ended.
    const left = new Promise<never>((_, reject) => {
      const leave = (): void => {
        if (!begun) reject(cancelled);
      };
      if (signal.aborted) leave();
      signal.addEventListener('abort', leave, { once: true });
    });
    const result = Promise.race([turn, left]);
    turn.catch(() => undefined);
    const done = result
      .catch(() => undefined)
      .then(() => {
        o.signal.removeEventListener('abort', end);
        this.running.delete(o.name);
      });
    this.running.set(o.name, { abort, done });
    return result;
  }

  /** Ends the creation of that name, and waits until it has ended; false where there was none. */
  async cancel(name: string): Promise<boolean> {
    const creation = this.running.get(name);
    if (!creation) return false;
    creation.abort.abort();
    await creation.done;
    return true;
  }
}
