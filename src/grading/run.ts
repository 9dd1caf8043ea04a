import type { PreparedLab, PreparedObjective, PreparedTripwire } from '../labs/prepared-lab.js';
import { negates, type Assert } from './assert.js';
import { evaluate, type EvaluationContext, type Failure } from './evaluate.js';
import { canonical, type Json } from './json.js';
import {
  initialMemory,
  isArmed,
  isCredited,
  reduce,
  type ObjectiveMemory,
  type ObjectiveStateName,
} from './objective.machine.js';
import type { Observation, Observations } from './observation.js';
import { traitsOf } from './probes/traits.js';
import type { SandboxFacts } from './facts.js';
import { redactFailure } from './redact.js';
import { condemnedBy, type Trip } from './tripwires.js';
import { verdictOf, type Truth } from './truth.js';

/** All that a run knows of one objective. */
export interface ObjectiveRun {
  memory: ObjectiveMemory;
  attempts: number;
  /** Bit n-1 = hint n was taken. */
  hintsTaken: number;
  unblockedAt: number | null;
  failure: Failure | null;
  /** Index of the author's explanation that holds, else null. */
  explain: number | null;
  evidenceId: string | null;
  /** Digest of the last failures, to tell a new mistake from the same one. */
  failureDigest: string;
  /** A defect of the lab, for its author. */
  defect: string | undefined;
  /** Its `never` held at a moment between two looks. */
  glimpsed: boolean;
  /** What it holds by was not so at a moment between two looks. */
  interrupted: boolean;
}

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
}

/** Older results of probes that send packets say nothing any more. */
const ACTIVE_VALID_MS = 20_000;

export function newObjectiveRun(now: number): ObjectiveRun {
  return {
    memory: initialMemory(now),
    attempts: 0,
    hintsTaken: 0,
    unblockedAt: null,
    failure: null,
    explain: null,
    evidenceId: null,
    failureDigest: '',
    defect: undefined,
    glimpsed: false,
    interrupted: false,
  };
}

/** The fold of a run: observations and the clock in, transitions out. No input or output of its own. */
export class Run {
  readonly objectives = new Map<string, ObjectiveRun>();
  private readonly glimpsed = new Set<string>();
  private readonly flagged = new Set<string>();

  constructor(
    readonly lab: PreparedLab,
    now: number,
    restored: ReadonlyMap<string, ObjectiveRun> = new Map(),
    /** Tripwires that were tripped; never taken back. */
    readonly trips: Map<string, Trip> = new Map(),
  ) {
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
      const run = this.of(objective.spec.id);
      const before = run.memory.state;
      const shown = canonical([run.failure as Json, run.explain, run.attempts]);
      this.step(objective, { run, look, folded, condemned: condemned.has(objective.spec.id) });
      if (run.memory.state !== before)
        folded.transitions.push({ objective, from: before, to: run.memory.state });
      folded.changed ||= shown !== canonical([run.failure as Json, run.explain, run.attempts]);
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
      const context = this.contextOf(reads, look);
      if (!context || evaluate(never, context).truth !== 'T') continue;
      this.glimpsed.add(spec.id);
      tripped = true;
    }
    for (const { spec, never, neverReads, rules } of this.lab.objectives) {
      const run = this.of(spec.id);
      if (!never || run.glimpsed || !read(neverReads) || !isArmed(run.memory, rules)) continue;
      const context = this.contextOf(neverReads, look);
      if (!context || evaluate(never, context).truth !== 'T') continue;
      run.glimpsed = true;
      tripped = true;
    }
    return this.interrupt(look, read) || tripped;
  }

  /** A status that somebody writes again and again is right at every look, and wrong whenever it was put right. */
  private interrupt(look: Look, touched: (names: string[]) => boolean): boolean {
    let broke = false;
    for (const { spec, assert, reads } of this.lab.objectives) {
      const run = this.of(spec.id);
      if (run.memory.state !== 'holding' || run.interrupted || !assert || !touched(reads)) continue;
      const context = this.contextOf(reads, look);
      if (!context || verdictOf(evaluate(assert, context).truth) !== 'false') continue;
      run.interrupted = true;
      broke = true;
    }
    return broke;
  }

  needsCredited(objective: PreparedObjective): boolean {
    return objective.spec.needs.every((need) => isCredited(this.of(need).memory));
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
      for (const name of objective.reads) if (this.isActive(name)) names.add(name);
    }
    return [...names];
  }

  isActive(name: string): boolean {
    return traitsOf(this.lab.calls[name]!).active !== null;
  }

  private stepTripwires(look: Look, folded: Folded): void {
    for (const tripwire of this.lab.tripwires) {
      const { id } = tripwire.spec;
      if (this.trips.has(id)) continue;
      const context = this.contextOf(tripwire.reads, look);
      const truth = context ? evaluate(tripwire.never, context).truth : 'F';
      if (truth === 'R') this.flag('unreadable', `tripwire:${id}`, folded);
      if (truth !== 'T' && !this.glimpsed.has(id)) continue;
      this.trips.set(id, { at: look.now, evidenceId: null });
      folded.tripped.push(tripwire);
    }
  }

  private step(
    objective: PreparedObjective,
    o: { run: ObjectiveRun; look: Look; folded: Folded; condemned: boolean },
  ): void {
    const { run, look, condemned } = o;
    const needsCredited = this.needsCredited(objective);
    const context = this.context(objective, run, look);
    const gated = run.memory.state === 'blocked' && !needsCredited;
    const verdict = context && !gated && objective.assert ? evaluate(objective.assert, context) : undefined;
    const never = objective.never && this.neverTruth(objective, objective.never, look);
    if (never === 'R' && isArmed(run.memory, objective.rules))
      this.flag('unreadable', objective.spec.id, o.folded);
    const tripped = never === 'T' || run.glimpsed;
    run.glimpsed = false;
    if (run.interrupted && run.memory.holdingSince !== null)
      run.memory = { ...run.memory, holdingSince: look.now };
    run.interrupted = false;
    // A negation cannot be won by hiding what it denies, and that somebody tried must not go unnoticed.
    if (verdict?.truth === 'R' && negates(objective.assert!)) this.flag('unreadable', objective.spec.id, o.folded);
    const truth = !context
      ? 'unread'
      : objective.assert
        ? verdict
          ? verdictOf(verdict.truth)
          : 'unread'
        : 'true';
    const input = { now: look.now, needsCredited, verdict: truth, tripped, condemned } as const;
    run.memory = reduce(run.memory, input, objective.rules);
    const { state } = run.memory;
    if (state !== 'blocked') run.unblockedAt ??= look.now;
    run.defect = verdict?.defect;
    if (state === 'passed' || state === 'holding' || state === 'blocked') {
      run.failure = null;
      run.explain = null;
      if (state !== 'holding') run.failureDigest = '';
      return;
    }
    if (!verdict || verdict.failures.length === 0 || !context) return;
    run.failure = redactFailure(verdict.failures[0]!, this.lab.secrets);
    run.explain = this.explainIndex(objective, context);
    const digest = canonical(verdict.failures as unknown as Json);
    if (look.acted && digest !== run.failureDigest) run.attempts++;
    if (look.acted || run.failureDigest === '') run.failureDigest = digest;
  }

  /** Judged by itself: what its assertion reads may not have been asked for yet. */
  private neverTruth({ neverReads }: PreparedObjective, never: Assert, look: Look): Truth {
    const context = this.contextOf(neverReads, look);
    return context ? evaluate(never, context).truth : 'F';
  }

  private flag(flag: string, subject: string, folded: Folded): void {
    const key = `${flag} ${subject}`;
    if (this.flagged.has(key)) return;
    this.flagged.add(key);
    folded.flags.push({ flag, subject });
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
    return this.contextOf(objective.reads, look, notBefore);
  }

  private contextOf(
    reads: readonly string[],
    look: Look,
    notBefore = -Infinity,
  ): EvaluationContext | undefined {
    const observations: Observations = {};
    for (const name of reads) {
      if (!this.isActive(name)) {
        if (!look.passive[name]) return undefined;
        observations[name] = look.passive[name];
        continue;
      }
      const timed = look.active[name];
      if (!timed || look.now - timed.startedAt > ACTIVE_VALID_MS) return undefined;
      if (timed.startedAt < notBefore) return undefined;
      observations[name] = timed.observation;
    }
    const { values: lab, compile } = this.lab;
    return { observations, lab, past: look.past, sandbox: look.sandbox, compile };
  }

  private explainIndex(objective: PreparedObjective, context: EvaluationContext): number | null {
    const index = objective.spec.explain.findIndex(
      ({ when }) => evaluate({ cel: when }, context).truth === 'T',
    );
    return index < 0 ? null : index;
  }
}
