import { callOf } from '../labs/prepared-lab.js';
import { traitsOf } from './probes/traits.js';
import type { Run } from './run.js';

/** While someone waits for an answer, but nothing stirs: at least this, and half of the time that nothing has stirred. */
const WAITING_GAP_MS = 2000;
const PASSED_GAP_MS = 5000;
/**
 * While neither the kernel nor the learner stirs. Packets go out because something happened; by the clock only for what
 * happens without a trace, as a rule of a switch that a script in the background sets.
 */
const QUIET_GAP_MS = 120_000;
/** After a newline or a change, until something is sent: the command has first to have its effect. */
const SETTLE_MS = 150;
/** How long after the last stir one still expects more of it. */
const STIRRED_FOR_MS = 2500;

/** When to ask the probes that send something. Pure: it is told the time, and holds no timer. */
export class AskSchedule {
  /** When each was last asked. */
  private readonly asked = new Map<string, number>();
  private settleAt = -Infinity;

  constructor(
    private readonly run: Run,
    /** When something last happened. */
    private stirredAt: number,
    /** Nobody works, and nobody looks. */
    private readonly idle: (now: number) => boolean,
  ) {}

  /** Somebody did something, or something changed. */
  stir(now: number): void {
    if (now > this.settleAt) this.settleAt = now + SETTLE_MS;
    this.stirredAt = now;
  }

  /** All are due now. */
  hurry(): void {
    this.asked.clear();
    this.settleAt = -Infinity;
  }

  began(name: string, now: number): void {
    this.asked.set(name, now);
  }

  due(now: number): string[] {
    return this.run.activeNames().filter((name) => this.at(name, now) <= now);
  }

  next(now: number): number {
    return Math.max(now, Math.min(Infinity, ...this.run.activeNames().map((name) => this.at(name, now))));
  }

  /** Once the gap has passed and things have settled; under a flood of changes after twice the gap at the latest. */
  private at(name: string, now: number): number {
    const asked = this.asked.get(name) ?? -Infinity;
    const gap = this.gap(name, now);
    return Math.max(asked + gap, Math.min(this.settleAt, asked + 2 * gap));
  }

  /** Seldom while all stands; often while someone waits for it, and at once after they did something. */
  private gap(name: string, now: number): number {
    const { gapMs } = traitsOf(callOf(this.run.lab, name)).active!;
    const stirred =
      this.stirredAt >= (this.asked.get(name) ?? -Infinity) || now - this.stirredAt < STIRRED_FOR_MS;
    const awaited = this.awaited(name);
    if (awaited !== undefined) {
      const patient = awaited === 'open' ? Math.min((now - this.stirredAt) / 2, QUIET_GAP_MS) : 0;
      return stirred ? gapMs : Math.max(gapMs, WAITING_GAP_MS, patient);
    }
    if (this.idle(now)) return Infinity;
    return stirred ? PASSED_GAP_MS : QUIET_GAP_MS;
  }

  /** A hold has to be seen without a gap; what is not met yet is met by what somebody does. */
  private awaited(name: string): 'holding' | 'open' | undefined {
    const states = this.run.lab.objectives
      .filter(({ reads, aliases }) => reads.some((read) => (aliases[read] ?? read) === name))
      .map(({ spec }) => this.run.of(spec.id).memory.state);
    if (states.includes('holding')) return 'holding';
    return states.includes('pending') || states.includes('regressed') ? 'open' : undefined;
  }
}
