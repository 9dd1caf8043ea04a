import { deflateRawSync } from 'node:zlib';
import type { Clock } from '../../common/clock.js';
import type { Logger } from '../../common/logger.js';
import type { Folded, Look, Run, Transition } from '../run.js';
import { LogEncoder } from './encoder.js';
import type { Deed } from './entry.js';
import type { Veil } from './veil.js';

/** Bytes of all chunks of a run as they are stored. */
export const MAX_LOG_BYTES = 2 * 1024 * 1024;
/** What no change of state carries along waits this long at most; a crash may lose it. */
const FLUSH_MS = 60_000;
/** Characters of lines that wait uncompressed. */
const MAX_WAITING = 256 * 1024;

export interface LogChunk {
  seq: number;
  /** Lines, raw deflate. */
  body: Uint8Array<ArrayBuffer>;
  /** The limit is reached; no other chunk follows. */
  full: boolean;
}

/**
 * The log of one grader of a run. What it holds is stored with the next change of state, in the same transaction, so
 * that the log never lacks what led to a stored state; or by itself after a while.
 */
export class RunLog {
  private readonly encoder: LogEncoder;
  private waiting = 0;
  private seq = 0;
  private used: number;
  private over: boolean;
  /** Cut, and not known to be stored. Each write carries all of them, so that the stored ones have no gap. */
  private unstored: LogChunk[] = [];
  private cancelTimer: (() => void) | undefined;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly o: {
      veil: Veil;
      /** Bytes that earlier graders of this run stored, and whether they reached the limit. */
      earlier: { bytes: number; full: boolean };
      clock: Pick<Clock, 'after'>;
      logger: Logger;
      store(chunks: LogChunk[]): Promise<void>;
      maxBytes?: number;
    },
  ) {
    this.encoder = new LogEncoder(o.veil);
    this.used = o.earlier.bytes;
    this.over = o.earlier.full;
  }

  begin(run: Run, past: Look['past'], time: { now: number; wall: number }): void {
    this.note(() => this.encoder.begin(run, past, time));
  }

  look(look: Look, folded: Pick<Folded, 'transitions' | 'tripped'>): void {
    this.note(() => this.encoder.look(look, folded));
  }

  glimpse(look: Look, touched: ReadonlySet<string>, tripped: boolean): void {
    this.note(() => this.encoder.glimpse(look, touched, tripped));
  }

  deed(now: number, deed: Deed, transitions: readonly Transition[] = []): void {
    this.note(() => this.encoder.deed(now, deed, transitions));
  }

  /** All that is not known to be stored. */
  cut(): LogChunk[] {
    const text = this.waiting > 0 ? this.encoder.take() : '';
    this.waiting = 0;
    if (text !== '') this.add(text);
    return [...this.unstored];
  }

  /** They are in the database. */
  stored(chunks: readonly LogChunk[]): void {
    this.unstored = this.unstored.filter((chunk) => !chunks.includes(chunk));
  }

  /** Stores what waits. Never rejects. */
  flush(): Promise<void> {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    this.flushing = this.flushing.then(async () => {
      const chunks = this.cut();
      if (chunks.length === 0) return;
      try {
        await this.o.store(chunks);
        this.stored(chunks);
      } catch (error) {
        this.o.logger.debug({ err: error }, 'the log of a run could not be stored; trying again');
        this.arm();
      }
    });
    return this.flushing;
  }

  /** Stores what waits for the last time. */
  async close(): Promise<void> {
    await this.flush();
    this.cancelTimer?.();
  }

  private note(write: () => void): void {
    if (this.over) return;
    write();
    this.waiting++;
    if (this.encoder.length > MAX_WAITING) void this.flush();
    else this.arm();
  }

  private arm(): void {
    this.cancelTimer ??= this.o.clock.after(FLUSH_MS, () => void this.flush());
  }

  private add(text: string): void {
    const limit = this.o.maxBytes ?? MAX_LOG_BYTES;
    let body = compressed(text);
    if (this.used + body.length > limit) {
      this.over = true;
      this.encoder.full();
      body = compressed(this.encoder.take());
    }
    this.used += body.length;
    this.unstored.push({ seq: this.seq++, body, full: this.over });
  }
}

/** Level 1: the lines say only what changed, so there is little left to find. */
function compressed(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(deflateRawSync(text, { level: 1 }));
}
