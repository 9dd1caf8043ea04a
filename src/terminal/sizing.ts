import type { Clock } from '../common/clock.js';
import type { Attachment } from './attachment.js';
import * as limits from './limits.js';
import { Throttle } from './throttle.js';

export interface Size {
  cols: number;
  rows: number;
}

/**
 * `driver`: the last size that the driver declared. `smallest`: what fits every client that may type. `fixed`: the size
 * that the terminal was made with.
 */
export type SizePolicy = 'driver' | 'smallest' | 'fixed';

export function clampSize(size: Size): Size {
  return { cols: limits.clamp(size.cols, limits.COLS), rows: limits.clamp(size.rows, limits.ROWS) };
}

/** Decides the size of a terminal. The first change is applied at once, then one per 50 ms; the last one wins. */
export class Sizing {
  private wanted: Size | undefined;
  private readonly throttle: Throttle;

  constructor(
    readonly policy: SizePolicy,
    clock: Clock,
    apply: (size: Size) => void,
  ) {
    this.throttle = new Throttle(clock, limits.RESIZE_MS, () => this.wanted && apply(this.wanted));
  }

  /** Someone drives now, or the driver declared another size. */
  driven(driver: Attachment | undefined): void {
    if (this.policy === 'driver' && driver?.declared) this.request(driver.declared);
  }

  /** Someone came, went, or declared another size. */
  reconsider(attachments: Iterable<Attachment>): void {
    if (this.policy !== 'smallest') return;
    const sizes = [...attachments].flatMap((a) => (a.visitor.role === 'write' && a.declared) || []);
    if (sizes.length === 0) return;
    this.request({
      cols: Math.min(...sizes.map(({ cols }) => cols)),
      rows: Math.min(...sizes.map(({ rows }) => rows)),
    });
  }

  request(size: Size): void {
    if (this.policy === 'fixed') return;
    this.wanted = size;
    this.throttle.request();
  }

  stop(): void {
    this.throttle.stop();
  }
}
