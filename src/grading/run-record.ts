import { evidenceOf } from './evidence.js';
import { countsIn } from './credit.js';
import type { Change, StoredDecision, StoredObjective } from './grading.repository.js';
import { hintCost } from './hints.js';
import { canonical, type Json } from './json.js';
import { initialMemory, type ObjectiveMemory, type ObjectiveStateName } from './objective.machine.js';
import type { Observations } from './observation.js';
import { pastKeys, readBy, rememberPassed, type Past } from './past.js';
import { scoreOfRun } from './progress-view.js';
import type { Trip } from './tripwires.js';
import { newObjectiveRun, type ObjectiveRun } from './objective-run.js';
import type { Folded, Run } from './run.js';

/** What one fold leaves for the database; what an earlier one could not store is carried along. */
export function changeOf(o: {
  who: { tenantId: string; sandboxId: string; userId: string };
  run: Run;
  folded: Pick<Folded, 'transitions' | 'tripped' | 'flags'>;
  observations: Observations;
  past: Past;
  now: number;
  wall: number;
  newEvidenceId(): string;
  earlier: Change | undefined;
  /** What the database holds of each objective; told apart without the times, which wander by a millisecond. */
  saved: ReadonlyMap<string, string>;
  /** The same of what objectives passed with; whole clusters may be in it. */
  savedPast: ReadonlyMap<string, Record<string, Json>>;
  /** Why states changed that no look has changed. */
  cause?: string | undefined;
}): Change {
  const { run } = o;
  const score = scoreOfRun(run, false);
  const change: Change = {
    ...o.who,
    objectives: [],
    evidence: o.earlier?.evidence ?? [],
    past: [],
    events: o.earlier?.events ?? [],
    trips: o.earlier?.trips ?? [],
    flags: o.earlier?.flags ?? [],
    decisions: o.earlier?.decisions ?? [],
    // What is not to be seen yet is not to be read in the learner's own feed either.
    hidden: run.lab.spec.feedback !== 'live',
  };
  const { secrets } = run.lab;
  const { transitions } = o.folded;
  rememberPassed(o.past, run.lab, { transitions, observations: o.observations });
  for (const key of pastKeys(run.lab)) {
    const observations = o.past[key];
    if (observations && observations !== o.savedPast.get(key)) change.past.push({ key, observations });
  }
  for (const { objective, from, to } of o.folded.transitions) {
    const { spec, reads } = objective;
    const state = run.of(spec.id);
    const id = o.newEvidenceId();
    state.evidenceId = id;
    const observations = readBy(objective, o.observations);
    change.evidence.push({
      id,
      body: evidenceOf({
        objective: spec.id,
        from,
        to,
        reads,
        observations,
        explanation: state.failure,
        secrets,
      }),
    });
    change.events.push({
      type: 'objective.state',
      payload: {
        objective: spec.id,
        from,
        to,
        evidenceId: id,
        score: { ...score },
        ...(o.cause === undefined ? {} : { cause: o.cause }),
      },
    });
  }
  addTrips(change, o);
  change.objectives = run.lab.objectives
    .map(({ spec }) => storedOf(spec.id, run.of(spec.id), spec.hints, o))
    .filter((row) => o.saved.get(row.objectiveId) !== rowDigest(row));
  return change;
}

/** A tripped wire is evidence, an event, and a fact that outlives the service. */
function addTrips(change: Change, o: Parameters<typeof changeOf>[0]): void {
  const { run, folded, observations } = o;
  for (const { spec, reads } of folded.tripped) {
    const trip = run.trips.get(spec.id)!;
    trip.evidenceId = o.newEvidenceId();
    const body = evidenceOf({
      objective: `tripwire:${spec.id}`,
      from: 'armed',
      to: 'tripped',
      reads,
      observations,
      explanation: null,
      secrets: run.lab.secrets,
    });
    change.evidence.push({ id: trip.evidenceId, body });
    change.trips.push({ id: spec.id, at: new Date(o.wall - (o.now - trip.at)), evidenceId: trip.evidenceId });
    const onTrip = typeof spec.onTrip === 'string' ? spec.onTrip : { ...spec.onTrip };
    change.events.push({
      type: 'tripwire.tripped',
      payload: { tripwire: spec.id, onTrip, evidenceId: trip.evidenceId },
    });
  }
  for (const { flag, subject } of folded.flags) {
    change.flags.push({ flag, subject });
    change.events.push({ type: 'run.flagged', payload: { flag, subject } });
  }
}

/** Equal for rows that need no write: times wander by a millisecond, and those that run are kept by the half minute. */
export function rowDigest(row: StoredObjective): string {
  const { since: _, unblockedAt, passedAt, spentMs, ...rest } = row;
  const times = [unblockedAt !== null, passedAt !== null, Math.floor(spentMs / 30_000)];
  return canonical([rest as unknown as Json, ...times]);
}

function storedOf(
  objectiveId: string,
  state: ObjectiveRun,
  hints: Parameters<typeof hintCost>[0],
  time: { now: number; wall: number },
): StoredObjective {
  const wall = (at: number): Date => new Date(time.wall - (time.now - at));
  const { memory, told, attempts, hintsTaken, hintsOpen, retries, evidenceId, fall, unblockedAt, passedAt } =
    state;
  return {
    objectiveId,
    // After a restart a hold is pending again, which nobody was told of before a look: else the next event would have a gap.
    state: told,
    cameFrom: told === 'error' ? memory.cameFrom : null,
    since: wall(memory.since),
    credited: countsIn(state),
    attempts,
    hintsTaken,
    hintsOpen,
    retries,
    hintCost: hintCost(hints, state),
    evidenceId,
    fall,
    unblockedAt: unblockedAt === null ? null : wall(unblockedAt),
    passedAt: passedAt === null ? null : wall(passedAt),
    spentMs: memory.spentMs,
  };
}

/**
 * A run after a restart: what was passed, regressed or failed stands until a look says otherwise; a hold begins again;
 * an error counts as what it came from. Once it is frozen, everything stands as it was.
 */
export function restore(
  rows: readonly StoredObjective[],
  time: { now: number; wall: number },
  o: { frozen?: boolean; decisions?: readonly StoredDecision[] } = {},
): Map<string, ObjectiveRun> {
  const onClock = (at: Date): number => time.now - (time.wall - at.getTime());
  const decided = latest(o.decisions ?? []);
  return new Map(
    rows.map((row) => {
      const since = onClock(row.since);
      const cameFrom = row.state === 'error' ? beforeError(row) : (row.state as Working);
      const state = o.frozen
        ? (row.state as ObjectiveStateName)
        : row.state === 'holding'
          ? 'pending'
          : cameFrom;
      const memory: ObjectiveMemory = {
        ...initialMemory(time.now),
        state,
        cameFrom: cameFrom === 'holding' && !o.frozen ? 'pending' : cameFrom,
        since,
        spentMs: row.spentMs,
      };
      const { attempts, hintsTaken, hintsOpen, retries, evidenceId, fall } = row;
      const decision = decided.get(row.objectiveId);
      return [
        row.objectiveId,
        {
          ...newObjectiveRun(time.now),
          memory,
          told: row.state as ObjectiveStateName,
          unblockedAt: row.unblockedAt ? onClock(row.unblockedAt) : state === 'blocked' ? null : since,
          passedAt: row.passedAt ? onClock(row.passedAt) : state === 'passed' ? since : null,
          ...{ attempts, hintsTaken, hintsOpen, retries, evidenceId, fall },
          failure: fall?.failure ?? null,
          explain: fall?.explain ?? null,
          override: decision ? { ...decision, at: onClock(decision.at) } : null,
        },
      ];
    }),
  );
}

type Working = ObjectiveMemory['cameFrom'];

/** Rows of before this was kept know only whether it had credit. */
function beforeError(row: StoredObjective): Working {
  const from = (row.cameFrom ?? (row.credited ? 'passed' : 'pending')) as Working;
  return from === 'holding' ? 'pending' : from;
}

/** The last word about each objective; none where it was taken back. */
function latest(decisions: readonly StoredDecision[]) {
  const last = new Map(decisions.map((decision) => [decision.objectiveId, decision]));
  return new Map(
    [...last].flatMap(([id, { state, by, reason, at }]) =>
      state === null ? [] : [[id, { state, by, reason, at }] as const],
    ),
  );
}

export function restoreTrips(
  trips: readonly { id: string; at: Date; evidenceId: string | null }[],
  time: { now: number; wall: number },
): Map<string, Trip> {
  return new Map(
    trips.map(({ id, at, evidenceId }) => [id, { at: time.now - (time.wall - at.getTime()), evidenceId }]),
  );
}
