import type { BoardLab } from './board-labs.js';
import type { BoardRow, CellState } from './board-row.js';
import type { Failing } from './live-signals.js';
import type { RunView } from './run-view.js';
import { quantileOf } from './stuck.js';

/** Of fewer, a percentile would say who it is. */
const MIN_LEARNERS = 5;
const TOP = 3;

/** One objective over the whole cohort. */
export interface Aggregate {
  lab: string;
  objective: string;
  /** Learners who have a sandbox of the lab. */
  learners: number;
  states: Partial<Record<CellState, number>>;
  passRate: number;
  /** Active time to pass; null for fewer than 5 passes. */
  p50Seconds: number | null;
  p90Seconds: number | null;
  attempts: number;
  hints: number;
  regressions: number;
  /** Faults of ours. */
  errors: number;
  /** What is wrong most often just now. */
  explanations: { path: string; kind: string; learners: number }[];
}

export interface Counted {
  row: BoardRow;
  view: RunView;
  failing: readonly Failing[];
}

export function aggregatesOf(labs: readonly BoardLab[], all: readonly Counted[]): Aggregate[] {
  return labs.flatMap((lab) => {
    const runs = all.filter(({ row }) => row.lab === lab.slug);
    return lab.objectives.map(({ id }) => aggregateOf(lab.slug, id, runs));
  });
}

function aggregateOf(lab: string, objective: string, runs: readonly Counted[]): Aggregate {
  const states: Aggregate['states'] = {};
  const seconds: number[] = [];
  const total = { attempts: 0, hints: 0, regressions: 0, errors: 0 };
  const wrong = new Map<string, Aggregate['explanations'][number]>();
  for (const { row, view, failing } of runs) {
    const cell = row.cells[objective];
    if (!cell) continue;
    states[cell.state] = (states[cell.state] ?? 0) + 1;
    if (cell.seconds !== null) seconds.push(cell.seconds);
    total.attempts += cell.attempts;
    total.hints += cell.hints;
    total.regressions += view.regressions[objective] ?? 0;
    total.errors += view.faults[objective] ?? 0;
    for (const { path, kind } of failing.filter((f) => f.objective === objective)) {
      const known = wrong.get(`${kind} ${path}`) ?? { path, kind, learners: 0 };
      wrong.set(`${kind} ${path}`, { ...known, learners: known.learners + 1 });
    }
  }
  const enough = seconds.length >= MIN_LEARNERS;
  const { length } = runs;
  return {
    lab,
    objective,
    learners: length,
    states,
    passRate: length === 0 ? 0 : Math.round(((states.passed ?? 0) / length) * 1000) / 1000,
    p50Seconds: enough ? quantileOf(seconds, 0.5) : null,
    p90Seconds: enough ? quantileOf(seconds, 0.9) : null,
    ...total,
    explanations: [...wrong.values()].toSorted((a, b) => b.learners - a.learners).slice(0, TOP),
  };
}
