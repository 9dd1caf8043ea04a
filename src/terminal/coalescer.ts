import type { Clock } from '../common/clock.js';
import { CHUNK, SLICE_MS } from './limits.js';

/**
 * Decides when output leaves: an echo in the turn in which it was read, a lone line at the end of that turn, bulk in
 * pieces of 64 KiB or every 4 ms.
 */
export class Coalescer {
  private unflushed = 0;
  private inputFresh = false;
  private lastFlush = -Infinity;
  private planned = false;
  private cancel: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly send: () => void,
    private readonly soon: (run: () => void) => void = setImmediate,
  ) {}

  /** Call before the bytes go to the PTY. */
  input(): void {
    this.inputFresh = true;
  }

  output(bytes: number): void {
    this.unflushed += bytes;
    if (this.unflushed >= CHUNK || this.inputFresh) return this.flush();
    if (this.planned || this.cancel) return;
    const wait = this.lastFlush + SLICE_MS - this.clock.monotonic();
    if (wait <= 0) {
      this.planned = true;
      this.soon(() => {
        this.planned = false;
        if (this.unflushed > 0) this.flush();
      });
    } else {
      this.cancel = this.clock.after(wait, () => {
        this.cancel = undefined;
        this.flush();
      });
    }
  }

  flush(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.inputFresh = false;
    this.unflushed = 0;
    this.lastFlush = this.clock.monotonic();
    this.send();
  }
}
