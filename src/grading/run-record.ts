import type { PreparedLab } from '../labs/prepared-lab.js';
import { evidenceOf } from './evidence.js';
import type { Change, StoredObjective } from './grading.repository.js';
import { hintCost } from './hints.js';
import type { Json } from './json.js';
import {
  initialMemory,
  isCredited,
  type ObjectiveMemory,
  type ObjectiveStateName,
} from './objective.machine.js';
import type { Observations } from './observation.js';
import { scoreOfRun } from './progress-view.js';
import type { Trip } from './tripwires.js';
import { newObjectiveRun, type Folded, type ObjectiveRun, type Run } from './run.js';
import { walkAssert, type Assert } from './assert.js';

/** Names under which some expression of the lab reads `past['...']`. */
export function pastKeys(lab: PreparedLab): Set<string> {
  const keys = new Set<string>();
  const from = (source: string): void => lab.compile(source).past.forEach((key) => keys.add(key));
  const tree = (assert: Assert | undefined): void => {
    if (assert) walkAssert(assert, (node) => 'cel' in node && from(node.cel));
  };
  for (const { never } of lab.tripwires) tree(never);
  for (const { assert, never, spec } of lab.objectives) {
    tree(assert);
    tree(never);
    for (const { when } of spec.explain) from(when);
  }
  return keys;
}

/** What one fold leaves for the database; what an earlier one could not store is carried along. */
export function changeOf(o: {
  who: { tenantId: string; sandboxId: string; userId: string };
  run: Run;
  folded: Pick<Folded, 'transitions' | 'tripped' | 'flags'>;
  observations: Observations;
  past: Record<string, Record<string, Json>>;
  now: number;
  wall: number;
  newEvidenceId(): string;
  earlier: Change | undefined;
  /** What the database holds of each objective; told apart without the times, which wander by a millisecond. */
  saved: ReadonlyMap<string, string>;
}): Change {
  const { run } = o;
  const keys = pastKeys(run.lab);
  const score = scoreOfRun(run, false);
  const change: Change = {
    ...o.who,
    objectives: [],
    evidence: o.earlier?.evidence ?? [],
    past: o.earlier?.past ?? [],
    events: o.earlier?.events ?? [],
    trips: o.earlier?.trips ?? [],
  };
  const { secrets } = run.lab;
  if (o.past['start'] && keys.has('start')) change.past.push({ key: 'start', observations: o.past['start'] });
  for (const { objective, from, to } of o.folded.transitions) {
    const { spec, reads } = objective;
    const state = run.of(spec.id);
    const id = o.newEvidenceId();
    state.evidenceId = id;
    const { observations } = o;
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
      payload: { objective: spec.id, from, to, evidenceId: id, score: { ...score } },
    });
    if (to !== 'passed' || !keys.has(spec.id)) continue;
    o.past[spec.id] = Object.fromEntries(
      reads.flatMap((name) => (observations[name] ? [[name, observations[name].value]] : [])),
    );
    change.past.push({ key: spec.id, observations: o.past[spec.id]! });
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
    change.events.push({ type: 'run.flagged', payload: { flag, subject } });
  }
}

/** Equal for rows that need no write. */
export function rowDigest(row: StoredObjective): string {
  return JSON.stringify({ ...row, since: null });
}

function storedOf(
  objectiveId: string,
  state: ObjectiveRun,
  hints: Parameters<typeof hintCost>[0],
  time: { now: number; wall: number },
): StoredObjective {
  return {
    objectiveId,
    state: state.memory.state,
    since: new Date(time.wall - (time.now - state.memory.since)),
    credited: isCredited(state.memory),
    attempts: state.attempts,
    hintsTaken: state.hintsTaken,
    hintCost: hintCost(hints, state),
    evidenceId: state.evidenceId,
  };
}

/**
 * A run after a restart: what was passed, regressed or failed stands until a look says otherwise; a hold begins again;
 * an error counts as what it came from.
 */
export function restore(
  rows: readonly StoredObjective[],
  time: { now: number; wall: number },
): Map<string, ObjectiveRun> {
  return new Map(
    rows.map((row) => {
      const since = time.now - (time.wall - row.since.getTime());
      const state = restoredState(row);
      const memory: ObjectiveMemory = { ...initialMemory(time.now), state, cameFrom: state, since };
      const unblockedAt = state === 'blocked' ? null : since;
      const { attempts, hintsTaken, evidenceId } = row;
      return [
        row.objectiveId,
        { ...newObjectiveRun(time.now), memory, unblockedAt, attempts, hintsTaken, evidenceId },
      ];
    }),
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

function restoredState(row: StoredObjective): Exclude<ObjectiveStateName, 'error' | 'holding'> {
  switch (row.state) {
    case 'passed':
    case 'regressed':
    case 'failed':
    case 'blocked':
      return row.state;
    case 'error':
      return row.credited ? 'passed' : 'pending';
    default:
      return 'pending';
  }
}
