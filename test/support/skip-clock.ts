import type { Clock } from '../../src/common/clock.js';

/** The real clock, which a test may put forward: what is due by then happens at once, in order. */
export class SkipClock implements Clock {
  private skipped = 0;
  private readonly timers = new Set<{ at: number; run: () => void; handle?: NodeJS.Timeout }>();

  /** Timers that wait. */
  get pending(): number {
    return this.timers.size;
  }

  now(): number {
    return Date.now() + this.skipped;
  }

  monotonic(): number {
    return performance.now() + this.skipped;
  }

  after(ms: number, run: () => void): () => void {
    const timer: { at: number; run: () => void; handle?: NodeJS.Timeout } = {
      at: this.monotonic() + ms,
      run,
    };
    timer.handle = setTimeout(() => this.fire(timer), ms).unref();
    this.timers.add(timer);
    return () => {
      clearTimeout(timer.handle);
      this.timers.delete(timer);
    };
  }

  skip(ms: number): void {
    this.skipped += ms;
    for (;;) {
      const [due] = [...this.timers]
        .filter(({ at }) => at <= this.monotonic())
        .toSorted((a, b) => a.at - b.at);
      if (!due) return;
      clearTimeout(due.handle);
      this.fire(due);
    }
  }

  private fire(timer: { at: number; run: () => void }): void {
    if (this.timers.delete(timer)) timer.run();
  }
}
