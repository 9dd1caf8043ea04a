import type { Clock } from '../common/clock.js';
import type { Logger } from '../common/logger.js';
import { markerOf, triesBefore } from './doubtful-tries.js';
import { omittedIn, type Frozen } from './freeze.js';
import type { Change, StoredDecision, StoredObjective } from './grading.repository.js';
import type { Json } from './json.js';
import type { RunLog } from './log/run-log.js';
import type { Observations } from './observation.js';
import type { Past } from './past.js';
import { scoreOfRun } from './progress-view.js';
import { changeOf, rowDigest } from './run-record.js';
import type { Folded, Run, Transition } from './run.js';

export interface RunIdentity {
  tenantId: string;
  sandboxId: string;
  userId: string;
}

/** What the database held of a run when its grader began. */
export interface RunBefore {
  frozen: Frozen | null;
  /** What the learner was last shown, see picture.ts. */
  shown: Json;
  rows: readonly StoredObjective[];
}

export interface StoreDeps {
  clock: Clock;
  logger: Logger;
  log?: RunLog;
  save(change: Change): Promise<void>;
  newEvidenceId(): string;
  /** Called after a change was stored, with the objectives that changed state. */
  onChange(transitions: Transition[]): void;
}

export type Outcome = Pick<Folded, 'transitions' | 'tripped' | 'flags'>;
export const NOTHING: Outcome = { transitions: [], tripped: [], flags: [] };

/** What is stored beside what a look brought about. */
export interface Extra {
  event?: Change['events'][number];
  /** Events that follow from it. */
  more?: Change['events'];
  decision?: StoredDecision;
  /** Why a state changed that no look has changed. */
  cause?: string;
}

/** Puts what happens to a run into the database, in order; what could not be stored is carried along. */
export class RunStore {
  frozen: Frozen | null;
  shown: Json;
  private unsaved: Change | undefined;
  private readonly saved: Map<string, string>;
  private readonly savedPast: Map<string, Record<string, Json>>;
  private shownSaved: Json;

  constructor(
    readonly run: Run,
    readonly who: RunIdentity,
    readonly past: Past,
    before: RunBefore | null,
    private readonly deps: StoreDeps,
  ) {
    this.frozen = before?.frozen ?? null;
    this.shown = this.shownSaved = before?.shown ?? null;
    this.savedPast = new Map(Object.entries(past));
    this.saved = new Map((before?.rows ?? []).map((row) => [row.objectiveId, rowDigest(row)]));
  }

  /** Something waits to be stored. */
  get behind(): boolean {
    return this.unsaved !== undefined;
  }

  /** What cannot be stored now is carried along; rejects then where an event of `extra` must not be taken for done. */
  async store(outcome: Outcome, seen: Observations, extra: Extra = {}): Promise<void> {
    const change = this.changeOf(outcome, seen, extra);
    this.unsaved = change;
    const { deps } = this;
    try {
      await deps.save(change);
      this.unsaved = undefined;
      deps.log?.stored(change.log ?? []);
      if (change.shown !== undefined) this.shownSaved = change.shown;
      for (const { key, observations: of } of change.past) this.savedPast.set(key, of);
      for (const row of change.objectives) this.saved.set(row.objectiveId, rowDigest(row));
    } catch (error) {
      // It may have been done all the same: what the database holds of these is not known any more.
      for (const row of change.objectives) this.saved.delete(row.objectiveId);
      const { sandboxId: sandbox } = this.who;
      deps.logger.warn({ err: error, sandbox }, 'verdicts could not be stored; trying again');
      if (extra.event) throw error;
    } finally {
      // Learners see what the kernel shows, even while the database is away.
      deps.onChange(outcome.transitions);
    }
  }

  private changeOf(folded: Outcome, observations: Observations, extra: Extra): Change {
    const { who, run, past, deps, saved, unsaved: earlier, frozen, savedPast } = this;
    const wall = deps.clock.now();
    const now = Math.floor(deps.clock.monotonic());
    const newEvidenceId = (): string => deps.newEvidenceId();
    const { cause } = extra;
    const tries = triesBefore(earlier);
    const change = changeOf({
      who,
      run,
      folded,
      observations,
      past,
      wall,
      now,
      newEvidenceId,
      earlier,
      saved,
      savedPast,
      cause,
    });
    if (extra.event) change.events.push(extra.event, ...(extra.more ?? []));
    if (extra.decision) change.decisions.push(extra.decision);
    if (this.shown !== this.shownSaved) change.shown = this.shown;
    if (frozen) {
      frozen.provisional = frozen.confirmedAt === null && omittedIn(run).length > 0;
      // From now on the learner sees all of it.
      change.hidden = false;
      change.frozen = { ...frozen, ...scoreOfRun(run, true) };
    }
    change.tries = tries;
    change.marker = markerOf(change, newEvidenceId);
    change.log = deps.log?.cut();
    return change;
  }
}
