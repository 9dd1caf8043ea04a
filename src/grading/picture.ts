import type { PreparedLab } from '../labs/prepared-lab.js';
import type { Decision } from './credit.js';
import type { Failure } from './evaluate.js';
import type { Json } from './json.js';
import { initialMemory, type ObjectiveStateName } from './objective.machine.js';
import { newObjectiveRun, type ObjectiveRun } from './objective-run.js';
import type { Run } from './run.js';
import type { Trip } from './tripwires.js';

/** What can be shown of a run: the run itself, or how it was at an earlier moment. */
export interface Picture {
  lab: PreparedLab;
  of(id: string): ObjectiveRun;
  trips: ReadonlyMap<string, Trip>;
}

interface Time {
  now: number;
  wall: number;
}

interface TakenObjective {
  state: ObjectiveStateName;
  cameFrom: ObjectiveRun['memory']['cameFrom'];
  /** Ms since the epoch, as all times here. */
  since: number;
  attempts: number;
  failure: Failure | null;
  explain: number | null;
  evidenceId: string | null;
  override: Decision | null;
}

interface Taken {
  at: number;
  objectives: Record<string, TakenObjective>;
  trips: Record<string, Trip>;
}

/** A picture of now, as it is stored. */
export function takePicture(run: Run, { now, wall }: Time): Json {
  const epoch = (at: number): number => Math.round(wall - (now - at));
  const objectives = run.lab.objectives.map(({ spec: { id } }): [string, TakenObjective] => {
    const { memory, attempts, failure, explain, evidenceId, override } = run.of(id);
    const { state, cameFrom } = memory;
    const decided = override && { ...override, at: epoch(override.at) };
    return [
      id,
      {
        state,
        cameFrom,
        since: epoch(memory.since),
        attempts,
        failure,
        explain,
        evidenceId,
        override: decided,
      },
    ];
  });
  const trips = [...run.trips].map(([id, trip]) => [id, { ...trip, at: epoch(trip.at) }] as const);
  const taken: Taken = {
    at: wall,
    objectives: Object.fromEntries(objectives),
    trips: Object.fromEntries(trips),
  };
  return taken as unknown as Json;
}

/** When a picture was taken. */
export function takenAt(taken: Json): Date | null {
  return taken === null ? null : new Date((taken as unknown as Taken).at);
}

/** A stored picture on the clock of now; before the first one it is that of a run nobody has begun. */
export function developPicture(taken: Json, run: Run, time: Time): Picture {
  const picture = taken as unknown as Taken | null;
  const onClock = (at: number): number => time.now - (time.wall - at);
  const start = Math.min(...run.lab.objectives.map(({ spec }) => startOf(run.of(spec.id))));
  const of = (id: string): ObjectiveRun => {
    const then = picture?.objectives[id];
    // Hints are theirs to take whenever they are ripe: what is shown of them is of now.
    const { hintsTaken, hintsOpen } = run.of(id);
    const objective = { ...newObjectiveRun(start), hintsTaken, hintsOpen };
    if (!then) {
      const needs = run.lab.objectives.find((o) => o.spec.id === id)!.spec.needs;
      const state = needs.length === 0 ? 'pending' : 'blocked';
      return { ...objective, memory: { ...objective.memory, state } };
    }
    const { state, cameFrom, since, override, ...rest } = then;
    const memory = { ...initialMemory(start), state, cameFrom, since: onClock(since) };
    return { ...objective, ...rest, memory, override: override && { ...override, at: onClock(override.at) } };
  };
  const trips = Object.entries(picture?.trips ?? {});
  return {
    lab: run.lab,
    of,
    trips: new Map(trips.map(([id, trip]) => [id, { ...trip, at: onClock(trip.at) }])),
  };
}

const startOf = ({ unblockedAt, memory }: ObjectiveRun): number => unblockedAt ?? memory.since;

/** Whether a learner may read a piece of evidence: what it tells must not come before the feedback of the lab. */
export function isShown(
  actor: { run: Run; store: { frozen: unknown; shown: Json } },
  evidenceId: string,
): boolean {
  const { run, store } = actor;
  if (run.lab.spec.feedback === 'live' || store.frozen) return true;
  const picture = store.shown as unknown as Taken | null;
  const shown = [...Object.values(picture?.objectives ?? {}), ...Object.values(picture?.trips ?? {})];
  return shown.some((of) => of.evidenceId === evidenceId);
}
