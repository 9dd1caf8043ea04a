import type { PreparedLab } from '../labs/prepared-lab.js';
import type { SandboxFacts } from './facts.js';
import type { Observations } from './observation.js';
import { rememberPassed, rememberStart, seenBy, type Past } from './past.js';
import { nextTimer } from './timers.js';
import { Run, type Look, type TimedObservation } from './run.js';

/** While a hold or a lapse is judged, the grader looks at least this often. */
const RESTLESS_MS = 1000;

/**
 * A run on made-up observations and a made-up clock, folded as a live one is: probes that send something are asked once
 * an objective is open, and timers fire when they are due.
 */
export class Rehearsal {
  readonly run: Run;
  private now = 0;
  private observations: Observations = {};
  private readonly past: Past = {};
  private readonly active: Record<string, TimedObservation> = {};

  constructor(
    private readonly lab: PreparedLab,
    private readonly sandbox: SandboxFacts,
  ) {
    this.run = new Run(lab, 0);
  }

  /** Lets time pass, with the looks that fall due. */
  advanceTo(now: number): void {
    while (this.now < now) {
      const { at, restless } = nextTimer(this.run, this.now);
      const due = Math.min(at, restless ? this.now + RESTLESS_MS : Infinity);
      // A timer in the past asks for a look at once; time goes on all the same.
      this.now = Math.min(now, Math.max(due, this.now + 1));
      if (this.now >= due) this.look(false);
    }
  }

  /** What is seen from now on. */
  observe(observations: Observations): void {
    this.observations = observations;
    this.look(false);
  }

  /** One look, and what a probe that became due then shows. */
  look(acted: boolean): void {
    this.ask();
    this.fold(acted);
    // Each objective that is met may open others, which ask in their turn.
    for (let i = 0; i < this.lab.objectives.length && this.ask(); i++) this.fold(false);
  }

  private fold(acted: boolean): void {
    const { now, past, active, sandbox } = this;
    const passive = Object.fromEntries(
      Object.entries(this.observations).filter(([name]) => !this.run.isActive(name)),
    );
    rememberStart(past, this.lab, passive);
    const look: Look = { now, passive, active, past, sandbox, acted };
    const { transitions } = this.run.apply(look);
    rememberPassed(past, this.lab, { transitions, observations: seenBy(look) });
  }

  /** True when something was asked that was not asked at this moment yet. */
  private ask(): boolean {
    let asked = false;
    for (const name of this.run.activeNames()) {
      const before = this.active[name];
      const observation = this.observations[name.split('@')[0]!];
      if (!observation || (before?.startedAt === this.now && before.observation === observation)) continue;
      this.active[name] = { observation, startedAt: this.now };
      asked = true;
    }
    return asked;
  }
}
