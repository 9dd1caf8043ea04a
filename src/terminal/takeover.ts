import type { Clock } from '../common/clock.js';
import type { Attachment } from './attachment.js';
import { TAKEOVER_GONE_MS, TAKEOVER_IDLE_MS } from './limits.js';
import type { Visitor } from './visitor.js';

export type TakeoverEnd = 'released' | 'gone' | 'idle' | 'exited';

export type TakeoverChange =
  | { what: 'started'; by: Visitor; aid: string }
  | { what: 'ended'; by: Visitor; aid: string; why: TakeoverEnd };

/** An instructor at the keyboard, and the two clocks that end it: no input for long, or no socket for a moment. */
export class Takeover {
  private cancelIdle: (() => void) | undefined;
  private cancelGone: (() => void) | undefined;
  /** Wall time, ms, at which it ends unless the instructor types. */
  until = 0;

  constructor(
    public holder: Attachment,
    private readonly clock: Clock,
    private readonly end: (why: 'gone' | 'idle') => void,
  ) {
    this.typed();
  }

  get by(): Visitor {
    return this.holder.visitor;
  }

  typed(): void {
    this.until = this.clock.now() + TAKEOVER_IDLE_MS;
    this.cancelIdle?.();
    this.cancelIdle = this.clock.after(TAKEOVER_IDLE_MS, () => this.end('idle'));
  }

  /** The holder's socket was lost; it may come back for a moment. */
  lost(): void {
    this.cancelGone ??= this.clock.after(TAKEOVER_GONE_MS, () => this.end('gone'));
  }

  /** Whether this visitor resumes the attachment that holds the take-over. */
  isHolder(aid: string | undefined, visitor: Visitor): boolean {
    return aid === this.holder.id && visitor.takeover && visitor.user.id === this.by.user.id;
  }

  passTo(next: Attachment): void {
    this.cancelGone?.();
    this.cancelGone = undefined;
    this.holder = next;
  }

  stop(): void {
    this.cancelIdle?.();
    this.cancelGone?.();
  }
}
