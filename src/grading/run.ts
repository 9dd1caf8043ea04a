import type { PreparedLab, PreparedObjective } from '../labs/prepared-lab.js';
import { evaluate, type EvaluationContext, type Failure } from './evaluate.js';
import { canonical, type Json } from './json.js';
import {
  initialMemory,
  isCredited,
  reduce,
  type ObjectiveMemory,
  type ObjectiveStateName,
} from './objective.machine.js';
import type { Observation, Observations } from './observation.js';
import { traitsOf } from './probes/traits.js';
import type { SandboxFacts } from './facts.js';
import { verdictOf } from './truth.js';

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
}

export interface Transition {
  objective: PreparedObjective;
  from: ObjectiveStateName;
  to: ObjectiveStateName;
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
  };
}

/** The fold of a run: observations and the clock in, transitions out. No input or output of its own. */
export class Run {
  readonly objectives = new Map<string, ObjectiveRun>();

  constructor(
    readonly lab: PreparedLab,
    now: number,
    restored: ReadonlyMap<string, ObjectiveRun> = new Map(),
  ) {
    for (const { spec } of lab.objectives)
      this.objectives.set(spec.id, restored.get(spec.id) ?? newObjectiveRun(now));
  }

  of(id: string): ObjectiveRun {
    return this.objectives.get(id)!;
  }

  /** Objectives in the order of their needs, so that one look can carry a run through several of them. */
  apply(look: Look): { transitions: Transition[]; changed: boolean } {
    const transitions: Transition[] = [];
    let changed = false;
    for (const objective of this.lab.objectives) {
      const run = this.of(objective.spec.id);
      const before = run.memory.state;
      const shown = canonical([run.failure as Json, run.explain, run.attempts]);
      this.step(objective, run, look);
      if (run.memory.state !== before) transitions.push({ objective, from: before, to: run.memory.state });
      changed ||= shown !== canonical([run.failure as Json, run.explain, run.attempts]);
    }
    return { transitions, changed: changed || transitions.length > 0 };
  }

  needsCredited(objective: PreparedObjective): boolean {
    return objective.spec.needs.every((need) => isCredited(this.of(need).memory));
  }

  /** Probes that send packets, due for the objectives that are unblocked or were met once. */
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

  private step(objective: PreparedObjective, run: ObjectiveRun, look: Look): void {
    const needsCredited = this.needsCredited(objective);
    const context = this.context(objective, run, look);
    const gated = run.memory.state === 'blocked' && !needsCredited;
    const verdict = context && !gated && objective.assert ? evaluate(objective.assert, context) : undefined;
    const trip = context && objective.never ? evaluate(objective.never, context).truth === 'T' : false;
    const truth = !context
      ? 'unread'
      : objective.assert
        ? verdict
          ? verdictOf(verdict.truth)
          : 'unread'
        : 'true';
    const input = { now: look.now, needsCredited, verdict: truth, tripped: trip } as const;
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
    run.failure = verdict.failures[0]!;
    run.explain = this.explainIndex(objective, context);
    const digest = canonical(verdict.failures as unknown as Json);
    if (look.acted && digest !== run.failureDigest) run.attempts++;
    if (look.acted || run.failureDigest === '') run.failureDigest = digest;
  }

  /** undefined = something that the objective reads was not observed for it yet. */
  private context(
    objective: PreparedObjective,
    run: ObjectiveRun,
    look: Look,
  ): EvaluationContext | undefined {
    const observations: Observations = {};
    const { state, since } = run.memory;
    for (const name of objective.reads) {
      if (!this.isActive(name)) {
        if (!look.passive[name]) return undefined;
        observations[name] = look.passive[name];
        continue;
      }
      const timed = look.active[name];
      if (!timed || look.now - timed.startedAt > ACTIVE_VALID_MS) return undefined;
      // A ping from before it was unblocked must not count for it.
      if (state === 'blocked' || (state === 'pending' && timed.startedAt < since)) return undefined;
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
