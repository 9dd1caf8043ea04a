import type { Clock } from '../common/clock.js';
import type { Attachment } from './attachment.js';
import { GHOST_MS } from './limits.js';
import { Takeover, type TakeoverChange, type TakeoverEnd } from './takeover.js';
import type { Visitor } from './visitor.js';
import type { DriverInfo } from './wire/wire.js';

export interface SeatDeps {
  clock: Clock;
  attachments: ReadonlySet<Attachment>;
  /** Whether the learner has a way to hear of a take-over. */
  informable(): boolean;
  /** Someone else paces now, or nobody. */
  changed(): void;
  takeover(change: TakeoverChange): void;
}

export type Verdict = 'ok' | 'read_only' | 'taken_over';
export type TakeVerdict = 'ok' | 'forbidden' | 'taken_over' | 'learner_not_informable';

/** Who drives a terminal: at most one attachment sets its size and its pace, and in a take-over it alone may type. */
export class DriverSeat {
  driver: Attachment | undefined;
  /** What the last driver had acknowledged when its socket was lost, while nobody has taken its place. */
  ghost: { acked: number; cancel: () => void } | undefined;
  private takeover: Takeover | undefined;

  constructor(private readonly deps: SeatDeps) {}

  writable(attachment: Attachment): boolean {
    return this.takeover ? this.takeover.holder === attachment : attachment.visitor.role === 'write';
  }

  /** Whether somebody who comes now would drive. `aid`: the lost attachment that it resumes. */
  waitsFor(visitor: Visitor, aid: string | undefined): boolean {
    if (this.takeover) return this.takeover.isHolder(aid, visitor);
    return visitor.role === 'write' && this.driver === undefined;
  }

  get takenOver(): boolean {
    return this.takeover !== undefined;
  }

  /** `told` learns of it by other means. */
  seat(next: Attachment | undefined, told?: Attachment): void {
    if (this.driver) this.driver.isDriver = false;
    this.driver = next;
    if (next) {
      next.isDriver = true;
      if (this.takeover) this.takeover.passTo(next);
      this.dropGhost();
    }
    for (const other of this.deps.attachments) if (other !== told) other.wire.driver(this.info(other));
    this.deps.changed();
  }

  /** What an attachment is told about the driver. */
  info(to: Attachment): DriverInfo {
    const { driver, takeover } = this;
    const who = takeover?.by ?? driver?.visitor;
    return {
      aid: driver?.id ?? null,
      user: who?.user ?? null,
      kind: who?.kind ?? 'owner',
      writable: this.writable(to),
      ...(takeover ? { until: new Date(takeover.until).toISOString() } : {}),
    };
  }

  /** The user of an attachment typed; whoever may, drives from now on. */
  typed(from: Attachment): Verdict {
    if (!this.writable(from)) return from.visitor.role === 'write' ? 'taken_over' : 'read_only';
    this.takeover?.typed();
    if (!from.isDriver) this.seat(from);
    return 'ok';
  }

  take(by: Attachment): TakeVerdict {
    if (this.takeover) return this.takeover.holder === by ? 'ok' : 'taken_over';
    if (by.visitor.role === 'write') {
      if (!by.isDriver) this.seat(by);
      return 'ok';
    }
    if (!by.visitor.takeover) return 'forbidden';
    if (!this.deps.informable()) return 'learner_not_informable';
    this.takeover = new Takeover(by, this.deps.clock, (why) => this.endTakeover(why));
    this.deps.takeover({ what: 'started', by: by.visitor, aid: by.id });
    this.seat(by);
    return 'ok';
  }

  /** False when there is nothing of this attachment to give back. */
  release(by: Attachment): boolean {
    if (this.takeover?.holder !== by) return false;
    this.endTakeover('released');
    return true;
  }

  /** The attachment is gone. `left`: on purpose, so that nobody is waited for. */
  left(gone: Attachment, left: boolean): void {
    const wasDriver = gone.isDriver;
    if (this.takeover?.holder === gone) {
      if (left) return this.endTakeover('released');
      this.takeover.lost();
      this.seat(undefined);
    } else if (wasDriver) this.pass();
    if (wasDriver && !this.driver && !left && gone.acks) this.haunt(gone.acked);
  }

  /** The command has ended: nothing to drive. */
  close(): void {
    if (this.takeover) {
      const { by, holder } = this.takeover;
      this.takeover.stop();
      this.takeover = undefined;
      this.deps.takeover({ what: 'ended', by, aid: holder.id, why: 'exited' });
    }
    this.dropGhost();
  }

  private endTakeover(why: TakeoverEnd): void {
    const ended = this.takeover;
    if (!ended) return;
    ended.stop();
    this.takeover = undefined;
    this.deps.takeover({ what: 'ended', by: ended.by, aid: ended.holder.id, why });
    this.pass();
  }

  /** To whoever of the owner's typed last. */
  private pass(): void {
    const writers = [...this.deps.attachments].filter((a) => a.visitor.role === 'write');
    this.seat(writers.toSorted((a, b) => b.lastInputAt - a.lastInputAt)[0]);
  }

  /** For a minute the output is kept for whoever comes back to where it stopped. */
  private haunt(acked: number): void {
    const cancel = this.deps.clock.after(GHOST_MS, () => {
      this.ghost = undefined;
      this.deps.changed();
    });
    this.ghost = { acked, cancel };
    this.deps.changed();
  }

  private dropGhost(): void {
    this.ghost?.cancel();
    this.ghost = undefined;
  }
}
