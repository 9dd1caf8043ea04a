import type { Clock } from '../common/clock.js';
import type { Decision } from './credit.js';
import { hintCost, isAvailable } from './hints.js';
import type { RunLog } from './log/run-log.js';
import type { Observations } from './observation.js';
import type { Outcome, RunStore } from './run-store.js';
import { NOTHING } from './run-store.js';
import { scoreOfRun } from './progress-view.js';
import type { Run } from './run.js';
import { condemnedBy } from './tripwires.js';

export interface DeedDeps {
  clock: Clock;
  log?: RunLog;
  store: RunStore;
  /** Runs a task when no other one of this run does. */
  enqueue(task: () => Promise<void>): Promise<void>;
  /** What was observed last. */
  seen(): Observations;
}

/** Who decides something about a run: a name to show, and the credential. */
export interface Judge {
  by: string;
  actor: string;
}

/**
 * What people do to a run itself: take a hint, try again, decide about an objective, confirm the score. Each resolves
 * with the reason why not, for the one who asked, or with undefined once it is stored.
 */
export class RunDeeds {
  constructor(
    private readonly run: Run,
    private readonly d: DeedDeps,
  ) {}

  /** The hint's text may be shown from now on. */
  async takeHint(id: string, index: number): Promise<string | undefined> {
    const { hints } = this.specOf(id);
    const state = this.run.of(id);
    if (this.frozen) return 'The score is frozen.';
    if (!isAvailable(hints[index]!, index, state, this.now()))
      return `Hint ${index + 1} of "${id}" is not available yet; work on the objective first.`;
    state.hintsTaken |= 1 << index;
    this.d.log?.deed(this.now(), { does: 'hint', objective: id, index });
    const payload = { objective: id, hint: index + 1, cost: hintCost(hints, state) };
    await this.store(NOTHING, { event: { type: 'objective.hint', payload } });
    return undefined;
  }

  /** A failed objective is pending again, its clocks begin anew. */
  async retry(id: string): Promise<string | undefined> {
    const { retry: allowed } = this.specOf(id);
    const state = this.run.of(id);
    if (this.frozen) return 'The score is frozen.';
    if (state.override) return `"${id}" was decided by ${state.override.by}; only a person can change that.`;
    if (state.memory.state !== 'failed') return `"${id}" has not failed; there is nothing to try again.`;
    const wire = condemnedBy(this.run.lab.tripwires, this.run.trips).get(id);
    if (wire !== undefined) return `"${id}" failed by the tripwire "${wire}", which is never taken back.`;
    if (allowed === 0) return `"${id}" cannot be tried again; this lab allows no retry of it.`;
    if (state.retries >= allowed) return `All ${allowed} retries of "${id}" are used up.`;
    await this.d.enqueue(async () => {
      const now = this.now();
      const transition = this.run.retry(id, now);
      if (!transition) return;
      this.d.log?.deed(now, { does: 'retry', objective: id }, [transition]);
      await this.d.store.store({ ...NOTHING, transitions: [transition] }, this.d.seen(), { cause: 'retry' });
    });
    return undefined;
  }

  /** Counts whatever is observed, also after the freeze; null takes earlier decisions back. */
  async decide(
    id: string,
    o: Judge & { state: Decision['state'] | null; reason: string },
  ): Promise<string | undefined> {
    const { by, actor, state, reason } = o;
    if (state === null && this.run.of(id).override === null) return `Nobody has decided about "${id}".`;
    const before = scoreOfRun(this.run, this.frozen);
    this.run.decide(id, state === null ? null : { state, by, reason, at: this.now() });
    this.d.log?.deed(this.now(), { does: 'decide', objective: id, state, by, reason });
    const score = { ...scoreOfRun(this.run, this.frozen) };
    const at = new Date(this.d.clock.now());
    await this.store(NOTHING, {
      event: { type: 'objective.override', payload: { objective: id, state, by, reason, score } },
      decision: { objectiveId: id, state, reason, by, actor, at },
      more:
        before.points !== score.points || before.max !== score.max
          ? [{ type: 'score.changed', payload: { score } }]
          : [],
    });
    return undefined;
  }

  /** What could not be judged stays left out, and the score stands. */
  async confirm(o: Judge): Promise<string | undefined> {
    const { store } = this.d;
    const { frozen } = store;
    if (!frozen) return 'The score is not frozen yet.';
    if (frozen.confirmedAt) return `The score was confirmed by ${frozen.confirmedBy ?? 'somebody'}.`;
    if (!frozen.provisional) return 'The score is not provisional; there is nothing to confirm.';
    Object.assign(frozen, { confirmedAt: new Date(this.d.clock.now()), confirmedBy: o.by });
    const payload = { score: { ...scoreOfRun(this.run, true) }, by: o.by };
    await this.store(NOTHING, { event: { type: 'score.confirmed', payload } });
    return undefined;
  }

  private get frozen(): boolean {
    return this.d.store.frozen !== null;
  }

  private specOf(id: string) {
    return this.run.lab.objectives.find((o) => o.spec.id === id)!.spec;
  }

  private now(): number {
    return Math.floor(this.d.clock.monotonic());
  }

  private store(outcome: Outcome, extra: Parameters<RunStore['store']>[2]): Promise<void> {
    return this.d.enqueue(() => this.d.store.store(outcome, this.d.seen(), extra));
  }
}
