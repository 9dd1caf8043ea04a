import { AppError } from '../common/errors/app-error.js';
import type { SseStream } from '../http/sse.js';
import type { Bus } from './bus.js';

/** Each asks the database once a second; a platform needs one for all of its learners. */
export const MAX_STREAMS = 100;

/** The streams that each credential has open: bounded, and ended when the credential is revoked. */
export class OpenStreams {
  private readonly open = new Map<string, Set<SseStream>>();

  constructor(bus: Bus) {
    bus.on('credential.revoked', ({ tenantId, subject }) => {
      for (const stream of this.open.get(`${tenantId}/${subject}`) ?? []) stream.close();
    });
  }

  /** Throws rate_limited when there is no room for one more. */
  assertRoom(who: { tenantId: string; subject: string }): void {
    if ((this.open.get(`${who.tenantId}/${who.subject}`)?.size ?? 0) < MAX_STREAMS) return;
    throw new AppError(
      'rate_limited',
      `This credential has ${MAX_STREAMS} streams of events open: close one, or read several things from one stream.`,
      { retryAfter: 5 },
    );
  }

  add(who: { tenantId: string; subject: string }, stream: SseStream): void {
    const key = `${who.tenantId}/${who.subject}`;
    const streams = this.open.get(key) ?? new Set();
    this.open.set(key, streams.add(stream));
    stream.onClose(() => {
      streams.delete(stream);
      if (streams.size === 0) this.open.delete(key);
    });
  }
}
