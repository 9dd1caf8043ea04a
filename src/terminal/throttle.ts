import type { Clock } from '../common/clock.js';

/** Runs at once, then at most once per `ms`; the last request of a burst is never lost. */
export class Throttle {
  private cancel: (() => void) | undefined;
  private again = false;

  constructor(
    private readonly clock: Clock,
    private readonly ms: number,
    private readonly run: () => void,
  ) {}

  request(): void {
    if (this.cancel) {
      this.again = true;
      return;
    }
    this.arm();
    this.run();
  }

  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.again = false;
  }

  private arm(): void {
    this.cancel = this.clock.after(this.ms, () => {
      this.cancel = undefined;
      if (!this.again) return;
      this.again = false;
      this.arm();
      this.run();
    });
  }
}
