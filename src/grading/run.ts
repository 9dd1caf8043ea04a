import {
  callOf,
  type PreparedLab,
  type PreparedObjective,
  type PreparedTripwire,
} from '../labs/prepared-lab.js';
import { newObjectiveRun, shownOf, type ObjectiveRun } from './objective-run.js';
import { negates, type Assert } from './assert.js';
import { countsIn, type Decision } from './credit.js';
import { evaluate, whatHeld, type EvaluationContext, type Verdict } from './evaluate.js';
import { fellByDeadline, fellByTripwire, type Fall } from './fall.js';
import { canonical, type Json } from './json.js';
import { afterPause, isArmed, reduce, retried, type ObjectiveStateName } from './objective.machine.js';
import type { Observation, Observations } from './observation.js';
import { traitsOf } from './probes/traits.js';
import type { SandboxFacts } from './facts.js';
import { redactFailure } from './redact.js';
import { condemnedBy, type Trip } from './tripwires.js';
import { verdictOf } from './truth.js';

export interface Transition {
  objective: PreparedObjective;
  from: ObjectiveStateName;
  to: ObjectiveStateName;
}

/** What one fold brought about. */
export interface Folded {
  transitions: Transition[];
  tripped: PreparedTripwire[];
  /** What must not go unnoticed though it changes no state, such as a condition that was made unreadable. */
  flags: { flag: string; subject: string }[];
  changed: boolean;
}

export interface TimedObservation {
  observation: Observation;
  /** When the probe began, on the run's clock. */
  startedAt: number;
}

export interface Look {
  now: number;
  passive: Observations;
  active: Record<string, TimedObservation>;
  past: Record<string, Record<string, Json>>;
  sandbox: SandboxFacts;
  /** What somebody made up, such as pods on a node that the sandbox does not have. */
  inventions?: readonly string[];
  /** The learner did something since the last look. */
  acted: boolean;
  /** The platform had paused the sandbox before: the time since the last look counts for nothing. */
  resumed?: boolean;
  /** Only these objectives; all by default. */
  only?: readonly string[];
}

/** Older results of probes that send packets say nothing any more. */
const ACTIVE_VALID_MS = 20_000;

/** The fold of a run: observations and the clock in, transitions out. No input or output of its own. */
export class Run {
  readonly objectives = new Map<string, ObjectiveRun>();
  private readonly glimpsed = new Set<string>();
  private readonly flagged: Set<string>;

  constructor(
    readonly lab: PreparedLab,
    now: number,
    restored: ReadonlyMap<string, ObjectiveRun> = new Map(),
    /** Tripwires that were tripped; never taken back. */
    readonly trips: Map<string, Trip> = new Map(),
    /** `flag subject` of what was told of before. */
    flagged: Iterable<string> = [],
  ) {
    this.flagged = new Set(flagged);
    for (const { spec } of lab.objectives)
      this.objectives.set(spec.id, restored.get(spec.id) ?? newObjectiveRun(now));
  }

  of(id: string): ObjectiveRun {
    return this.objectives.get(id)!;
  }

  /** Objectives in the order of their needs, so that one look can carry a run through several of them. */
  apply(look: Look): Folded {
    const folded: Folded = { transitions: [], tripped: [], flags: [], changed: false };
    this.stepTripwires(look, folded);
    for (const what of look.inventions ?? []) this.flag('invented', what, folded);
    const condemned = condemnedBy(this.lab.tripwires, this.trips);
    for (const objective of this.lab.objectives) {
      const { id } = objective.spec;
      if (look.only && !look.only.includes(id)) continue;
      const run = this.of(id);
      const shown = shownOf(run);
      if (look.resumed) run.memory = afterPause(run.memory, look.now);
      this.step(objective, { run, look, folded, condemnedBy: condemned.get(id) });
      this.openHints(objective, run, look);
      this.tell(objective, folded);
      folded.changed ||= shown !== shownOf(run);
    }
    folded.changed ||= folded.transitions.length + folded.tripped.length + folded.flags.length > 0;
    return folded;
  }

  /**
   * What must never be, and what must hold without a gap, judged at the moment of one event: by the next look it may be
   * over. `touched` are the observations that the event may have changed. True when something tripped or broke.
   */
  glimpse(look: Look, touched: ReadonlySet<string>): boolean {
    let tripped = false;
    const read = (names: string[]): boolean => names.some((name) => touched.has(name));
    for (const { spec, never, reads } of this.lab.tripwires) {
      if (this.trips.has(spec.id) || this.glimpsed.has(spec.id) || !read(reads)) continue;
      if (this.neverVerdict(never, reads, look)?.truth !== 'T') continue;
      this.glimpsed.add(spec.id);
      tripped = true;
    }
    for (const objective of this.lab.objectives) {
      const { spec, never, neverReads, rules } = objective;
      const run = this.of(spec.id);
      if (!never || run.glimpsed || !read(neverReads) || !isArmed(run.memory, rules)) continue;
      if (this.neverVerdict(never, neverReads, look)?.truth !== 'T') continue;
      run.glimpsed = this.fellByNever(objective, never, look);
      tripped = true;
    }
    return this.interrupt(look, read) || tripped;
  }

  /** A status that somebody writes again and again is right at every look, and wrong whenever it was put right. */
  private interrupt(look: Look, touched: (names: string[]) => boolean): boolean {
    let broke = false;
    for (const { spec, assert, reads, aliases } of this.lab.objectives) {
      const run = this.of(spec.id);
      if (run.memory.state !== 'holding' || run.interrupted || !assert || !touched(reads)) continue;
      const context = this.contextOf(reads, look, { aliases });
      if (!context || verdictOf(evaluate(assert, context).truth) !== 'false') continue;
      run.interrupted = true;
      broke = true;
    }
    return broke;
  }

  /** Another try at a failed objective; undefined when it is not failed. What is judged then comes with the next look. */
  retry(id: string, now: number): Transition | undefined {
    const run = this.of(id);
    const objective = this.lab.objectives.find((o) => o.spec.id === id)!;
    if (run.memory.state !== 'failed') return undefined;
    run.memory = retried(now);
    run.retries++;
    Object.assign(run, { unblockedAt: now, failure: null, explain: null, fall: null, glimpsed: null });
    run.failureDigest = '';
    run.told = 'pending';
    return { objective, from: 'failed', to: 'pending' };
  }

  /** A person decides about an objective; null takes earlier decisions back. */
  decide(id: string, decision: Decision | null): void {
    this.of(id).override = decision;
  }

  /** Whether the time allowed does not run yet, as the objective that starts it was never passed. */
  clockStopped({ spec: { within } }: PreparedObjective): boolean {
    return within !== undefined && this.reference(within.from) === null;
  }

  /** When a reference came, on the run's clock; null = not yet. Those that are no objective came before anything. */
  private reference(from: string): number | null {
    const named = this.objectives.get(from);
    return named ? named.passedAt : -Infinity;
  }

  /** From when on what a variant reads counts; undefined = its time has not come. -Infinity = from the start. */
  sinceOf(key: string): number | undefined {
    const { objective, since } = this.lab.variants[key]!;
    if (since === 'start') return -Infinity;
    return (since === 'unblocked' ? this.of(objective).unblockedAt : this.reference(since)) ?? undefined;
  }

  needsCredited(objective: PreparedObjective): boolean {
    return objective.spec.needs.every((need) => countsIn(this.of(need)));
  }

  /** Probes that send something, due for the objectives that are unblocked or were met once. */
  activeNames(): string[] {
    const names = new Set<string>();
    for (const objective of this.lab.objectives) {
      const { state } = this.of(objective.spec.id).memory;
      if (state === 'failed' || (state === 'passed' && objective.spec.latch)) continue;
      // Without its needs it cannot be met again; but that it no longer holds is to be seen.
      const met = state === 'passed' || state === 'error';
      if (!met && !this.needsCredited(objective)) continue;
      for (const name of objective.reads) {
        const key = objective.aliases[name] ?? name;
        if (!this.isActive(key)) continue;
        if (key === name || this.sinceOf(key) !== undefined) names.add(key);
      }
    }
    return [...names];
  }

  isActive(name: string): boolean {
    return traitsOf(callOf(this.lab, name)).active !== null;
  }

  private stepTripwires(look: Look, folded: Folded): void {
    for (const tripwire of this.lab.tripwires) {
      const { id } = tripwire.spec;
      if (this.trips.has(id)) continue;
      const truth = this.neverVerdict(tripwire.never, tripwire.reads, look)?.truth ?? 'F';
      if (truth === 'R') this.flag('unreadable', `tripwire:${id}`, folded);
      if (truth !== 'T' && !this.glimpsed.has(id)) continue;
      this.trips.set(id, { at: look.now, evidenceId: null });
      folded.tripped.push(tripwire);
    }
  }

  private step(
    objective: PreparedObjective,
    o: { run: ObjectiveRun; look: Look; folded: Folded; condemnedBy: string | undefined },
  ): void {
    const { run, look } = o;
    const needsCredited = this.needsCredited(objective);
    const context = this.context(objective, run, look);
    const gated = run.memory.state === 'blocked' && !needsCredited;
    const verdict = context && !gated && objective.assert ? evaluate(objective.assert, context) : undefined;
    const never = objective.never && this.neverVerdict(objective.never, objective.neverReads, look);
    if (never?.truth === 'R' && isArmed(run.memory, objective.rules))
      this.flag('unreadable', objective.spec.id, o.folded);
    const glimpsed = run.glimpsed;
    const tripped = never?.truth === 'T' || glimpsed !== null;
    run.glimpsed = null;
    if (run.interrupted && run.memory.holdingSince !== null)
      run.memory = { ...run.memory, holdingSince: look.now };
    run.interrupted = false;
    // A negation cannot be won by hiding what it denies, and that somebody tried must not go unnoticed.
    if (verdict?.truth === 'R' && negates(objective.assert!))
      this.flag('unreadable', objective.spec.id, o.folded);
    const truth = !context
      ? 'unread'
      : objective.assert
        ? verdict
          ? verdictOf(verdict.truth)
          : 'unread'
        : 'true';
    const condemned = o.condemnedBy !== undefined;
    const clockStopped = this.clockStopped(objective);
    const input = { now: look.now, needsCredited, verdict: truth, tripped, condemned, clockStopped } as const;
    const before = run.memory.state;
    run.memory = reduce(run.memory, input, objective.rules);
    const { state } = run.memory;
    if (state !== 'blocked') run.unblockedAt ??= look.now;
    if (state === 'passed') run.passedAt ??= look.now;
    if (state === 'failed') {
      if (before === 'failed') return;
      const { never: must, rules } = objective;
      if (condemned) run.fall = fellByTripwire(o.condemnedBy!);
      else if (tripped && must) run.fall = glimpsed ?? this.fellByNever(objective, must, look);
      else run.fall = fellByDeadline(rules.within?.forMs ?? 0);
      run.failure = run.fall.failure;
      run.explain = run.fall.explain;
      return;
    }
    run.defect = verdict?.defect;
    if (state === 'passed' || state === 'holding' || state === 'blocked') {
      run.failure = null;
      run.explain = null;
      if (state !== 'holding') run.failureDigest = '';
      return;
    }
    if (!verdict || verdict.failures.length === 0 || !context) return;
    run.failure = redactFailure(verdict.failures[0]!, this.lab.secrets);
    run.explain = this.explainIndex(objective, look);
    const digest = canonical(verdict.failures as unknown as Json);
    if (look.acted && digest !== run.failureDigest) run.attempts++;
    if (look.acted || run.failureDigest === '') run.failureDigest = digest;
  }

  /**
   * Judged by itself: what its assertion reads may not have been asked for yet. undefined = there is nothing to judge by;
   * that a cluster was stopped says nothing of what is in it.
   */
  private neverVerdict(never: Assert, reads: readonly string[], look: Look): Verdict | undefined {
    const context = this.contextOf(reads, look);
    if (!context || reads.some((name) => context.observations[name]?.absent)) return undefined;
    return evaluate(never, context);
  }

  /** What was seen when its `never` held, in the author's words where there are any for it. */
  private fellByNever(objective: PreparedObjective, never: Assert, look: Look): Fall {
    const context = this.contextOf(objective.neverReads, look)!;
    const failure = redactFailure(whatHeld(never, context), this.lab.secrets);
    return { by: 'never', failure, explain: this.explainIndex(objective, look) };
  }

  /** Conditions of hints, while the objective is open. */
  private openHints({ spec }: PreparedObjective, run: ObjectiveRun, look: Look): void {
    if (!['pending', 'holding', 'regressed'].includes(run.memory.state)) return;
    spec.hints.forEach(({ when }, index) => {
      if (when === undefined || (run.hintsOpen & (1 << index)) !== 0) return;
      if (this.holds(when, look)) run.hintsOpen |= 1 << index;
    });
  }

  /** Whether an expression by itself holds now, as far as what it reads is known. */
  private holds(source: string, look: Look): boolean {
    const context = this.contextOf(this.lab.compile(source).reads, look);
    return context !== undefined && evaluate({ cel: source }, context).truth === 'T';
  }

  private tell(objective: PreparedObjective, folded: Folded): void {
    const run = this.of(objective.spec.id);
    const { state } = run.memory;
    if (state === run.told) return;
    folded.transitions.push({ objective, from: run.told, to: state });
    run.told = state;
  }

  flags(): { flag: string; subject: string }[] {
    return [...this.flagged].map((key) => {
      const space = key.indexOf(' ');
      return { flag: key.slice(0, space), subject: key.slice(space + 1) };
    });
  }

  /** undefined = it was told of before. */
  raise(flag: string, subject: string): { flag: string; subject: string } | undefined {
    const key = `${flag} ${subject}`;
    if (this.flagged.has(key)) return undefined;
    this.flagged.add(key);
    return { flag, subject };
  }

  private flag(flag: string, subject: string, folded: Folded): void {
    const raised = this.raise(flag, subject);
    if (raised) folded.flags.push(raised);
  }

  /** undefined = something that the objective reads was not observed for it yet. */
  private context(
    objective: PreparedObjective,
    run: ObjectiveRun,
    look: Look,
  ): EvaluationContext | undefined {
    const { state, since } = run.memory;
    // What was asked before it was unblocked must not count for it.
    const notBefore = state === 'blocked' ? Infinity : state === 'pending' ? since : -Infinity;
    return this.contextOf(objective.reads, look, { notBefore, aliases: objective.aliases });
  }

  private contextOf(
    reads: readonly string[],
    look: Look,
    o: { notBefore?: number; aliases?: Record<string, string> } = {},
  ): EvaluationContext | undefined {
    const observations: Observations = {};
    const { notBefore = -Infinity, aliases = {} } = o;
    for (const name of reads) {
      if (!this.isActive(name)) {
        if (!look.passive[name]) return undefined;
        observations[name] = look.passive[name];
        continue;
      }
      const timed = look.active[aliases[name] ?? name];
      if (!timed || look.now - timed.startedAt > ACTIVE_VALID_MS) return undefined;
      if (timed.startedAt < notBefore) return undefined;
      observations[name] = timed.observation;
    }
    const { values: lab, compile } = this.lab;
    return { observations, lab, past: look.past, sandbox: look.sandbox, compile };
  }

  private explainIndex({ spec, aliases }: PreparedObjective, look: Look): number | null {
    const index = spec.explain.findIndex(({ when }) => {
      const context = this.contextOf(this.lab.compile(when).reads, look, { aliases });
      return context !== undefined && evaluate({ cel: when }, context).truth === 'T';
    });
    return index < 0 ? null : index;
  }
}
