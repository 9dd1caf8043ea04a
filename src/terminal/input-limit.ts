import type { Clock } from '../common/clock.js';
import { INPUT_BURST, INPUT_RATE } from './limits.js';
import { TokenBucket } from './token-bucket.js';
import type { SocketWire } from './wire/socket-wire.js';

/** Stops reading from a socket that sends input faster than a terminal may take it. */
export class InputLimit {
  private readonly bucket: TokenBucket;
  private cancel: (() => void) | undefined;

  constructor(
    private readonly wire: SocketWire,
    private readonly clock: Clock,
    private readonly on: boolean,
  ) {
    this.bucket = new TokenBucket(clock, INPUT_RATE, INPUT_BURST);
  }

  count(bytes: number): void {
    const wait = this.on ? this.bucket.borrow(bytes) : 0;
    if (wait === 0 || this.cancel) return;
    this.wire.pauseReading('rate');
    this.cancel = this.clock.after(wait, () => {
      this.cancel = undefined;
      this.wire.resumeReading('rate');
    });
  }

  stop(): void {
    this.cancel?.();
  }
}
