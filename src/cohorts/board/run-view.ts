import { scoreOf } from '../../grading/score.js';
import type { BoardLab, BoardObjective } from './board-labs.js';
import { covered, type Span, spansOf } from './active-time.js';
import { ATTENDED, type ObjectiveRecord, type RunRecord } from './board.repository.js';
import type { BoardRow, Cell, CellState } from './board-row.js';

/** What one run comes to, folded from its rows. Times in ms since the epoch. */
export interface RunView {
  cells: Record<string, Cell>;
  current: BoardRow['current'];
  /** Since when the current objective can be worked on. */
  openSince: number;
  attempts: number;
  hints: number;
  score: NonNullable<BoardRow['score']>;
  flags: string[];
  /** When somebody was attached, and when each objective could not be judged. */
  attended: { at: number; on: boolean }[];
  errors: Record<string, { at: number; on: boolean }[]>;
  /** How often each objective was lost again, and could not be judged. */
  regressions: Record<string, number>;
  faults: Record<string, number>;
}

/** Pure: the same rows give the same view, whether they are read for the first time or again. */
export function viewOf(record: RunRecord, whole: BoardLab, run: { readyAt: number; now: number }): RunView {
  const lab = planOf(whole, record.leftOut);
  const stored = new Map(record.objectives.map((o) => [o.objectiveId, o]));
  const overrides = new Map(record.overrides.map((o) => [o.objectiveId, o.state]));
  const history = historyOf(record);
  const attended = spansOf(history.attended, run.now);
  const cells: Record<string, Cell> = {};
  for (const objective of lab.objectives) {
    const row = stored.get(objective.id);
    const forced = overrides.get(objective.id) as CellState | null | undefined;
    const without = spansOf(history.errors[objective.id] ?? [], run.now);
    cells[objective.id] = cellOf(objective, { row, forced, attended, without, readyAt: run.readyAt });
  }
  const working = lab.objectives.find(({ id }) => isOpen(cells[id]!.state));
  const row = working && stored.get(working.id);
  const since = row?.since.getTime() ?? run.readyAt;
  return {
    cells,
    current: working
      ? { objective: working.id, state: cells[working.id]!.state, since: new Date(since).toISOString() }
      : null,
    openSince: row?.state === 'regressed' ? since : (row?.unblockedAt?.getTime() ?? since),
    attempts: sum(Object.values(cells).map((cell) => cell.attempts)),
    hints: sum(Object.values(cells).map((cell) => cell.hints)),
    score: scoreOfRun(record, lab, overrides),
    flags: [
      ...record.trips.map((id) => `tripwire:${id}`),
      ...record.flags.map(({ flag, subject }) => `${flag}:${subject}`),
    ],
    ...history,
  };
}

/** Without what its engine cannot support; a need that points there counts as met. */
function planOf(lab: BoardLab, leftOut: readonly string[]): BoardLab {
  if (leftOut.length === 0) return lab;
  const objectives = lab.objectives
    .filter(({ id }) => !leftOut.includes(id))
    .map((o) => ({ ...o, needs: o.needs.filter((need) => !leftOut.includes(need)) }));
  return { ...lab, objectives };
}

const isOpen = (state: CellState): boolean => state !== 'passed' && state !== 'blocked' && state !== 'failed';

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);

function cellOf(
  objective: BoardObjective,
  o: {
    row: ObjectiveRecord | undefined;
    forced: CellState | null | undefined;
    attended: Span[];
    without: Span[];
    readyAt: number;
  },
): Cell {
  const { row, forced } = o;
  if (!row) {
    const state = forced ?? (objective.needs.length > 0 ? 'blocked' : 'pending');
    return { state, attempts: 0, hints: 0, seconds: null };
  }
  const from = row.unblockedAt?.getTime() ?? o.readyAt;
  const to = row.passedAt?.getTime() ?? (row.state === 'passed' ? row.since.getTime() : undefined);
  const ms = to === undefined ? undefined : covered(o.attended, { from, to }, o.without);
  return {
    state: forced ?? (row.state as CellState),
    attempts: row.attempts,
    hints: bits(row.hintLevel),
    seconds: ms === undefined ? null : Math.round(ms / 1000),
  };
}

function bits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}

function scoreOfRun(
  record: RunRecord,
  lab: BoardLab,
  overrides: ReadonlyMap<string, string | null>,
): RunView['score'] {
  const stored = new Map(record.objectives.map((o) => [o.objectiveId, o]));
  const penalty = sum(record.trips.map((id) => lab.tripCosts[id] ?? 0));
  const live = scoreOf(
    lab.objectives.map(({ id, weight, bonus }) => {
      const row = stored.get(id);
      const forced = overrides.get(id) ?? undefined;
      const credited = forced === undefined ? (row?.credited ?? false) : forced === 'passed';
      return { weight, bonus, credited, hintCost: row?.hintCost ?? 0, omitted: false };
    }),
    penalty,
  );
  const { frozen } = record;
  if (!frozen || frozen.points === null || frozen.max === null || frozen.fraction === null)
    return { ...live, provisional: false };
  const { points, max, fraction, provisional } = frozen;
  return { points, max, fraction, provisional };
}

function historyOf({ events }: RunRecord): Pick<RunView, 'attended' | 'errors' | 'regressions' | 'faults'> {
  const attended: { at: number; on: boolean }[] = [];
  const errors: RunView['errors'] = {};
  const regressions: Record<string, number> = {};
  const faults: Record<string, number> = {};
  for (const { type, payload, at } of events) {
    if (type === ATTENDED) {
      attended.push({ at: at.getTime(), on: payload['attached'] === true });
      continue;
    }
    const { objective, from, to } = payload as { objective: string; from: string; to: string };
    if (to === 'regressed') regressions[objective] = (regressions[objective] ?? 0) + 1;
    if (to === 'error') faults[objective] = (faults[objective] ?? 0) + 1;
    if (to === 'error' || from === 'error')
      (errors[objective] ??= []).push({ at: at.getTime(), on: to === 'error' });
  }
  return { attended, errors, regressions, faults };
}
