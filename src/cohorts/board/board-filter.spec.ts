import { filterRows, sortRows } from './board-filter.js';
import { type BoardRow, deltaOf } from './board-row.js';

const row = (name: string, more: Partial<BoardRow> = {}): BoardRow => ({
  key: `usr_${name}:a-lab`,
  userId: `usr_${name}`,
  externalId: name,
  name,
  group: null,
  lab: 'a-lab',
  sandboxId: `sb_${name}`,
  sandboxState: 'ready',
  tier: 'T1',
  readyAt: null,
  expiresAt: null,
  cells: { one: { state: 'pending', attempts: 0, hints: 0, seconds: null } },
  current: { objective: 'one', state: 'pending', since: '2026-11-24T09:00:00.000Z' },
  attempts: 0,
  hints: 0,
  score: { points: 0, max: 1, fraction: 0, provisional: false },
  flags: [],
  handRaisedAt: null,
  connected: false,
  lastActivityAt: null,
  stuck: null,
  ...more,
});

const stuck = (score: number) => ({ score, reasons: [], activeSeconds: 1, limitSeconds: 1 });
const names = (rows: BoardRow[]) => rows.map(({ name }) => name);

describe('filter and order of a board', () => {
  const rows = [
    row('cy', { stuck: stuck(0.4), group: 'b' }),
    row('al', { stuck: stuck(0.9), handRaisedAt: '2026-11-24T09:10:00.000Z' }),
    row('Bo', { sandboxId: null, lab: null, current: null, score: null, cells: {} }),
  ];

  it('finds by mark, group, objective and part of the name', () => {
    expect(names(filterRows(rows, { mark: 'stuck' }))).toEqual(['al']);
    expect(names(filterRows(rows, { mark: 'hand' }))).toEqual(['al']);
    expect(names(filterRows(rows, { mark: 'absent' }))).toEqual(['Bo']);
    expect(names(filterRows(rows, { mark: 'done' }))).toEqual([]);
    expect(names(filterRows(rows, { group: 'b' }))).toEqual(['cy']);
    expect(names(filterRows(rows, { objective: 'one' }))).toEqual(['cy', 'al']);
    expect(names(filterRows(rows, { q: 'B' }))).toEqual(['Bo']);
  });

  it('shows those who have not begun in every lab', () => {
    expect(names(filterRows(rows, { lab: 'a-lab' }))).toEqual(['cy', 'al', 'Bo']);
    expect(names(filterRows(rows, { lab: 'other' }))).toEqual(['Bo']);
  });

  it('sorts, with what has no value last in both directions', () => {
    expect(names(sortRows(rows, 'name', 'asc'))).toEqual(['al', 'Bo', 'cy']);
    expect(names(sortRows(rows, 'stuck', 'desc'))).toEqual(['al', 'cy', 'Bo']);
    expect(names(sortRows(rows, 'stuck', 'asc'))).toEqual(['cy', 'al', 'Bo']);
  });
});

describe('what changed in a row', () => {
  it('is nothing for the same, else the fields and the cells that differ', () => {
    const before = row('al', { cells: { ...row('al').cells, two: row('al').cells['one']! } });
    expect(deltaOf(before, structuredClone(before))).toBeUndefined();
    const passed = { state: 'passed' as const, attempts: 1, hints: 0, seconds: 12 };
    const after = { ...before, attempts: 1, cells: { ...before.cells, one: passed } };
    expect(deltaOf(before, after)).toEqual({ key: before.key, attempts: 1, cells: { one: passed } });
  });
});
