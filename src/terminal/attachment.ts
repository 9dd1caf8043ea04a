import type { Clock } from '../common/clock.js';
import type { Visitor } from './visitor.js';
import type { Reader } from './flow-window.js';
import * as limits from './limits.js';
import { CHUNK, HIGH_WATER } from './limits.js';
import type { ReplayRing } from './replay-ring.js';
import { TokenBucket } from './token-bucket.js';
import type { Wire } from './wire/wire.js';

export interface AttachmentStart {
  id: string;
  visitor: Visitor;
  acks: boolean;
  cursor: number;
  /** Number of the last size mark that the client knows. */
  mark: number;
  /** Offset at which history ends; undefined when there is none to tell. */
  replayEnd?: number;
}

/** One socket on a terminal: a cursor in the ring and nothing queued of its own. */
export class Attachment implements Reader {
  readonly id: string;
  readonly visitor: Visitor;
  /** Wall time, ms. */
  readonly since: number;
  readonly acks: boolean;
  cursor: number;
  acked: number;
  hidden = false;
  /** The peer asked for a pause, in a format that has words for it. Unlike a hidden one it holds the PTY back. */
  peerPaused = false;
  isDriver = false;
  /** Set once the client asked to leave or was asked to; nothing more is sent. */
  closed = false;
  declared: { cols: number; rows: number } | undefined;
  lastInputAt = -1;
  /** Monotonic ms; -Infinity while there was no replay. */
  replayEndedAt = -Infinity;
  /** Input that waits in front of the full queue, of formats that cannot be refused. */
  held: Buffer[] = [];
  private readonly refusals: TokenBucket;
  private refused = false;
  private mark: number;
  private replayEnd: number | undefined;
  private replaying: boolean;
  private accepted = 0;
  private pending = 0;
  private cancelNote: (() => void) | undefined;
  private cancelStall: (() => void) | undefined;

  constructor(
    readonly wire: Wire,
    start: AttachmentStart,
    private readonly clock: Clock,
    private readonly events: { sent: (a: Attachment) => void; stalled: (a: Attachment) => void },
  ) {
    this.id = start.id;
    this.visitor = start.visitor;
    this.since = clock.now();
    this.refusals = new TokenBucket(clock, limits.READ_ONLY_PER_MINUTE / 60, limits.READ_ONLY_PER_MINUTE);
    this.acks = start.acks;
    this.cursor = this.acked = start.cursor;
    this.mark = start.mark;
    this.replayEnd = start.replayEnd;
    this.replaying = start.replayEnd !== undefined && wire.confirmsReplay;
  }

  get buffered(): number {
    return this.wire.buffered;
  }

  /** Until the replay is eaten, input would be the emulator's answers to questions of the past. */
  get locked(): boolean {
    return this.replaying;
  }

  get caughtUp(): boolean {
    return this.replayEnd === undefined;
  }

  /** Sends what the windows allow. The gap test comes after them: a stalled reader gets one gap when it moves again. */
  pump(ring: ReplayRing): void {
    while (!this.closed) {
      this.tellSizes(ring);
      if (this.replayEnd !== undefined && this.cursor >= this.replayEnd) {
        this.wire.replayEnd(this.cursor);
        this.replayEnd = undefined;
        this.replayEndedAt = this.clock.monotonic();
      }
      if (this.hidden) return;
      if (this.peerPaused) return this.watchStall();
      // Also when there is nothing to send: then it may be this very window for which the PTY is paused.
      if (this.acks && this.cursor - this.acked >= HIGH_WATER) return this.watchStall();
      if (this.cursor >= ring.head) return;
      if (this.wire.buffered >= (this.isDriver ? HIGH_WATER : CHUNK)) return this.watchStall();
      if (this.cursor < ring.start) this.skip(ring);
      else this.send(ring);
    }
  }

  /** False when the client acknowledges what it was never sent. */
  ack(seq: number): boolean {
    if (seq > this.cursor) return false;
    if (seq > this.acked) {
      this.acked = seq;
      this.moved();
    }
    return true;
  }

  replayed(): void {
    this.replaying = false;
  }

  /** The peer wants a pause, or no longer. */
  setPeerPaused(paused: boolean): void {
    this.peerPaused = paused;
    if (!paused) this.moved();
  }

  /** Input of somebody who may not type: the first is answered. False: there were too many. */
  refuse(): boolean {
    if (!this.refused) this.wire.error('read_only', 'You watch this terminal; your input is not sent.');
    this.refused = true;
    return this.refusals.take();
  }

  inputQueued(bytes: number): void {
    this.pending += bytes;
  }

  inputAccepted(bytes: number): void {
    this.accepted += bytes;
    this.pending -= bytes;
    this.planNote();
  }

  /** Says at once what would have been said soon. */
  flushNote(): void {
    if (!this.cancelNote) return;
    this.cancelNote();
    this.cancelNote = undefined;
    this.tellInput();
  }

  inputLost(): void {
    this.pending = 0;
    this.planNote();
  }

  end(code: number, reason: string): void {
    if (this.closed) return;
    this.stop();
    this.wire.close(code, reason);
  }

  /** The socket is gone, or is being closed. */
  stop(): void {
    this.closed = true;
    this.held = [];
    this.cancelNote?.();
    this.cancelStall?.();
  }

  /** Not at once: a frame between a key and its echo would delay the echo. */
  private planNote(): void {
    this.cancelNote ??= this.clock.after(limits.INPUT_NOTE_MS, () => {
      this.cancelNote = undefined;
      this.tellInput();
    });
  }

  private tellInput(): void {
    const state = this.locked ? 'locked' : this.pending >= limits.INPUT_WINDOW ? 'full' : 'open';
    this.wire.input(this.accepted, state);
  }

  private tellSizes(ring: ReplayRing): void {
    for (let next = ring.markAfter(this.mark); next && next.offset <= this.cursor;) {
      this.mark = next.number;
      this.wire.size(next.cols, next.rows, null);
      next = ring.markAfter(this.mark);
    }
  }

  private skip(ring: ReplayRing): void {
    const to = ring.tail(limits.DEFAULT_REPLAY);
    this.wire.gap(this.cursor, to);
    // The acknowledged offset moves too, else the window would stay shut for ever.
    this.cursor = this.acked = to;
  }

  private send(ring: ReplayRing): void {
    const ends = [ring.head, ring.markAfter(this.mark)?.offset, this.replayEnd];
    const end = Math.min(...ends.filter((limit) => limit !== undefined && limit > this.cursor).map(Number));
    const bytes = ring.slice(this.cursor, Math.min(CHUNK, end - this.cursor));
    this.cursor += bytes.length;
    this.wire.output(bytes, () => {
      if (this.closed) return;
      if (!this.acks) this.moved();
      this.events.sent(this);
    });
  }

  /** The client took something. */
  private moved(): void {
    this.cancelStall?.();
    this.cancelStall = undefined;
  }

  /** Whether its window is shut. Readers that do not acknowledge are judged by their socket. */
  private get stuck(): boolean {
    if (this.hidden) return false;
    if (this.peerPaused) return true;
    return this.acks ? this.cursor - this.acked >= HIGH_WATER : this.wire.buffered >= CHUNK;
  }

  /** A client that takes nothing for two minutes with a full window is closed; it can resume. */
  private watchStall(): void {
    this.cancelStall ??= this.clock.after(limits.STALL_MS, () => {
      this.cancelStall = undefined;
      if (!this.closed && this.stuck) this.events.stalled(this);
    });
  }
}
