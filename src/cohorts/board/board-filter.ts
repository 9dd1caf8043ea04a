import type { BoardRow } from './board-row.js';
import { SHOWN_FROM } from './stuck.js';

export const MARKS = ['stuck', 'hand', 'flagged', 'connected', 'absent', 'done', 'failed', 'error'] as const;
export type Mark = (typeof MARKS)[number];

export const SORTS = ['name', 'group', 'score', 'stuck', 'hand', 'activity', 'attempts', 'hints'] as const;
export type Sort = (typeof SORTS)[number];

export interface BoardFilter {
  lab?: string | undefined;
  group?: string | undefined;
  mark?: Mark | undefined;
  /** Whose current objective is this. */
  objective?: string | undefined;
  /** Part of a name or of your own id of the learner. */
  q?: string | undefined;
}

const HAS: Record<Mark, (row: BoardRow) => boolean> = {
  stuck: ({ stuck }) => (stuck?.score ?? 0) >= SHOWN_FROM,
  hand: ({ handRaisedAt }) => handRaisedAt !== null,
  flagged: ({ flags }) => flags.length > 0,
  connected: ({ connected }) => connected,
  absent: ({ sandboxId }) => sandboxId === null,
  done: ({ sandboxId, current, cells }) =>
    sandboxId !== null && current === null && Object.values(cells).every((c) => c.state === 'passed'),
  failed: ({ cells }) => Object.values(cells).some((c) => c.state === 'failed'),
  error: ({ cells }) => Object.values(cells).some((c) => c.state === 'error'),
};

export function filterRows(rows: readonly BoardRow[], f: BoardFilter): BoardRow[] {
  const q = f.q?.toLowerCase();
  return rows.filter((row) => {
    if (f.lab !== undefined && row.lab !== f.lab && row.lab !== null) return false;
    if (f.group !== undefined && row.group !== f.group) return false;
    if (f.mark !== undefined && !HAS[f.mark](row)) return false;
    if (f.objective !== undefined && row.current?.objective !== f.objective) return false;
    return q === undefined || `${row.name} ${row.externalId}`.toLowerCase().includes(q);
  });
}

/** What is asked for comes last when it is missing, whatever the direction. */
const BY: Record<Sort, (row: BoardRow) => string | number | null> = {
  name: ({ name }) => name.toLowerCase(),
  group: ({ group }) => group,
  score: ({ score }) => score?.fraction ?? null,
  stuck: ({ stuck }) => stuck?.score ?? null,
  hand: ({ handRaisedAt }) => handRaisedAt,
  activity: ({ lastActivityAt }) => lastActivityAt,
  attempts: ({ attempts }) => attempts,
  hints: ({ hints }) => hints,
};

export function sortRows(rows: readonly BoardRow[], sort: Sort, order: 'asc' | 'desc'): BoardRow[] {
  const value = BY[sort];
  const sign = order === 'asc' ? 1 : -1;
  return rows.toSorted((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === y) return 0;
    if (x === null) return 1;
    if (y === null) return -1;
    return x < y ? -sign : sign;
  });
}
