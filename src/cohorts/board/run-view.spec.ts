import type { BoardLab } from './board-labs.js';
import { ATTENDED, emptyRecord, type ObjectiveRecord, type RunRecord } from './board.repository.js';
import { viewOf } from './run-view.js';

const T = Date.UTC(2026, 10, 24, 9);
const SECOND = 1000;
const at = (seconds: number): Date => new Date(T + seconds * SECOND);

const lab = {
  slug: 'a-lab',
  versionId: 'lv_1',
  objectives: [
    { id: 'one', weight: 2, bonus: false, needs: [], estimateMs: 1 },
    { id: 'two', weight: 3, bonus: false, needs: ['one'], estimateMs: 1 },
  ],
  tripCosts: { wire: 0.2, mark: 0 },
} as unknown as BoardLab;

const row = (objectiveId: string, more: Partial<ObjectiveRecord>): ObjectiveRecord => ({
  objectiveId,
  state: 'pending',
  since: at(0),
  credited: false,
  attempts: 0,
  hintLevel: 0,
  hintCost: 0,
  unblockedAt: at(0),
  passedAt: null,
  ...more,
});

const view = (record: Partial<RunRecord>, now = at(1000)) =>
  viewOf({ ...emptyRecord(), ...record }, lab, { readyAt: T, now: now.getTime() });

const attended = (seconds: number, attached: boolean) => ({
  type: ATTENDED,
  payload: { attached },
  at: at(seconds),
});
const moved = (seconds: number, objective: string, from: string, to: string) => ({
  type: 'objective.state',
  payload: { objective, from, to },
  at: at(seconds),
});

describe('a run as its board shows it', () => {
  it('begins with what needs nothing, before anything was looked at', () => {
    const { cells, current, score } = view({});
    expect(Object.values(cells).map((cell) => cell.state)).toEqual(['pending', 'blocked']);
    expect(current).toEqual({ objective: 'one', state: 'pending', since: at(0).toISOString() });
    expect(score).toEqual({ points: 0, max: 5, fraction: 0, provisional: false });
  });

  it('counts to the pass only the time in which somebody was there and it could be judged', () => {
    const one = row('one', {
      state: 'passed',
      credited: true,
      passedAt: at(100),
      attempts: 4,
      hintLevel: 0b101,
    });
    const events = [
      attended(10, true),
      moved(20, 'one', 'pending', 'error'),
      moved(35, 'one', 'error', 'pending'),
      attended(60, false),
      attended(90, true),
    ];
    const { cells, current, attempts, hints } = view({ objectives: [one, row('two', {})], events });
    expect(cells['one']).toEqual({ state: 'passed', attempts: 4, hints: 2, seconds: 50 - 15 + 10 });
    expect(current?.objective).toBe('two');
    expect([attempts, hints]).toEqual([4, 2]);
  });

  it('counts what was lost again and what we could not judge', () => {
    const events = [
      moved(1, 'one', 'passed', 'regressed'),
      moved(2, 'one', 'regressed', 'error'),
      moved(3, 'one', 'error', 'regressed'),
    ];
    const { regressions, faults } = view({ events });
    expect(regressions).toEqual({ one: 2 });
    expect(faults).toEqual({ one: 1 });
  });

  it('takes hints and tripwires off the score, names the wires, and follows people who decide otherwise', () => {
    const objectives = [
      row('one', { state: 'passed', credited: true, hintCost: 0.5 }),
      row('two', { state: 'failed' }),
    ];
    expect(view({ objectives, trips: ['mark'] }).score.points).toBe(1);
    expect(view({ objectives, trips: ['wire'] }).score.points).toBe(0);
    const decided = view({
      objectives,
      trips: ['mark'],
      flags: [{ flag: 'unreadable', subject: 'two' }],
      overrides: [{ objectiveId: 'two', state: 'passed' }],
    });
    expect(decided.score.points).toBe(4);
    expect(decided.cells['two']?.state).toBe('passed');
    expect(decided.flags).toEqual(['tripwire:mark', 'unreadable:two']);
    expect(decided.current).toBeNull();
  });

  it('leaves out what the engine of the run cannot support', () => {
    const { cells, score } = view({ leftOut: ['one'] });
    expect(cells).toEqual({ two: expect.objectContaining({ state: 'pending' }) });
    expect(score.max).toBe(3);
  });

  it('shows the score that was frozen', () => {
    const frozen = { points: 3, max: 4, fraction: 0.75, provisional: true };
    expect(view({ frozen }).score).toEqual(frozen);
  });
});
