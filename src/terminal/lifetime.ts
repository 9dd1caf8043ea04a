import type { Clock } from '../common/clock.js';
import * as limits from './limits.js';
import type { ExitReason } from './wire/wire.js';

export interface LifetimeEvents {
  /** The command must end. */
  end(reason: ExitReason): void;
  /** Nobody ever started it, or it ended long ago. */
  forget(): void;
  /** Whoever has not read to the end by now never will. */
  giveUp(): void;
}

/** The clocks of one terminal: unstarted, without clients, alive for too long, ended. */
export class Lifetime {
  /** Wall time, ms, at which the command is ended unless somebody attaches. */
  detachedUntil: number | null = null;
  private cancelGrace: (() => void) | undefined;
  private cancels: (() => void)[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly graceMs: number,
    private readonly events: LifetimeEvents,
  ) {
    this.plan(limits.UNSTARTED_KEPT_MS, () => events.forget());
  }

  started(): void {
    this.stop();
    this.plan(limits.LIFE_MS, () => this.events.end('limit'));
    this.alone();
  }

  /** The last client has left, or the first has not come yet. */
  alone(): void {
    this.cancelGrace?.();
    this.detachedUntil = this.clock.now() + this.graceMs;
    this.cancelGrace = this.clock.after(this.graceMs, () => this.events.end('idle'));
  }

  accompanied(): void {
    this.cancelGrace?.();
    this.cancelGrace = undefined;
    this.detachedUntil = null;
  }

  exited(): void {
    this.stop();
    this.plan(limits.EXIT_DELIVERY_MS, () => this.events.giveUp());
    this.plan(limits.EXITED_KEPT_MS, () => this.events.forget());
  }

  stop(): void {
    this.accompanied();
    for (const cancel of this.cancels.splice(0)) cancel();
  }

  private plan(ms: number, run: () => void): void {
    this.cancels.push(this.clock.after(ms, run));
  }
}
