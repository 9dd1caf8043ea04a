import fc from 'fast-check';
import {
  initialMemory,
  isCredited,
  reduce,
  UNKNOWN_GRACE_MS,
  type ObjectiveInput,
  type ObjectiveMemory,
  type ObjectiveRules,
  type ObjectiveStateName,
} from './objective.machine.js';

const RULES: ObjectiveRules = {
  stableForMs: 0,
  regressAfterMs: 500,
  latch: false,
  neverFromStart: false,
  neverUntilFreeze: false,
};
const HOLD = { ...RULES, stableForMs: 5000 };

const at = (state: ObjectiveStateName, more: Partial<ObjectiveMemory> = {}): ObjectiveMemory => ({
  ...initialMemory(0),
  state,
  cameFrom: state === 'error' ? 'passed' : state,
  holdingSince: state === 'holding' ? 0 : null,
  ...more,
});
const input = (more: Partial<ObjectiveInput>): ObjectiveInput => ({
  now: 100,
  needsCredited: true,
  verdict: 'unread',
  tripped: false,
  ...more,
});

/** Folds inputs and returns the states that were passed through. */
function fold(
  memory: ObjectiveMemory,
  rules: ObjectiveRules,
  inputs: Partial<ObjectiveInput>[],
): ObjectiveStateName[] {
  return inputs.map((i) => (memory = reduce(memory, input(i), rules)).state);
}

describe('the state machine of an objective', () => {
  const overdue: Partial<ObjectiveRules> = { within: { fromStart: false, forMs: 50 } };
  const overdueFromStart: Partial<ObjectiveRules> = { within: { fromStart: true, forMs: 50 } };
  it.each<
    [ObjectiveStateName, string, Partial<ObjectiveInput>, ObjectiveStateName, Partial<ObjectiveRules>?]
  >([
    ['blocked', 'trip', { tripped: true, needsCredited: false }, 'blocked'],
    [
      'blocked',
      'trip, armed from start',
      { tripped: true, needsCredited: false },
      'failed',
      { neverFromStart: true },
    ],
    ['blocked', 'needs credited', {}, 'pending'],
    ['blocked', 'needs credited and true', { verdict: 'true' }, 'passed'],
    ['blocked', 'true without its needs', { verdict: 'true', needsCredited: false }, 'blocked'],
    ['blocked', 'deadline from unblocked', { needsCredited: false }, 'blocked', overdue],
    ['blocked', 'deadline from start', { needsCredited: false }, 'failed', overdueFromStart],
    ['pending', 'trip', { tripped: true }, 'failed'],
    ['pending', 'a need lost', { needsCredited: false }, 'blocked'],
    ['pending', 'false', { verdict: 'false' }, 'pending'],
    ['pending', 'true', { verdict: 'true' }, 'passed'],
    ['pending', 'true, to be held', { verdict: 'true' }, 'holding', { stableForMs: 5000 }],
    ['pending', 'deadline', { verdict: 'false' }, 'failed', overdue],
    ['pending', 'deadline without a reading', {}, 'failed', overdue],
    ['holding', 'trip', { tripped: true }, 'failed'],
    ['holding', 'a need lost', { needsCredited: false }, 'blocked'],
    ['holding', 'false', { verdict: 'false' }, 'pending', { stableForMs: 5000 }],
    ['holding', 'true, long enough', { verdict: 'true' }, 'passed', { stableForMs: 100 }],
    ['holding', 'true, not long enough', { verdict: 'true' }, 'holding', { stableForMs: 101 }],
    ['holding', 'true after the deadline', { verdict: 'true' }, 'holding', { stableForMs: 5000, ...overdue }],
    ['passed', 'trip', { tripped: true }, 'passed'],
    ['passed', 'trip, until freeze', { tripped: true }, 'failed', { neverUntilFreeze: true }],
    ['passed', 'a need lost', { needsCredited: false }, 'passed'],
    ['passed', 'false, just now', { verdict: 'false' }, 'passed'],
    ['passed', 'false, at once enough', { verdict: 'false' }, 'regressed', { regressAfterMs: 0 }],
    ['passed', 'false, with latch', { verdict: 'false' }, 'passed', { regressAfterMs: 0, latch: true }],
    ['passed', 'deadline', { verdict: 'true' }, 'passed', overdue],
    ['regressed', 'trip', { tripped: true }, 'regressed'],
    ['regressed', 'trip, until freeze', { tripped: true }, 'failed', { neverUntilFreeze: true }],
    ['regressed', 'a need lost', { needsCredited: false }, 'regressed'],
    ['regressed', 'false', { verdict: 'false' }, 'regressed'],
    ['regressed', 'true', { verdict: 'true' }, 'passed'],
    ['regressed', 'true, to be held', { verdict: 'true' }, 'holding', { stableForMs: 5000 }],
    ['error', 'unknown still', { verdict: 'unknown' }, 'error'],
    ['error', 'true', { verdict: 'true' }, 'passed'],
    ['error', 'false, that came from passed', { verdict: 'false' }, 'passed'],
    ['failed', 'true', { verdict: 'true' }, 'failed'],
    ['failed', 'needs lost', { needsCredited: false }, 'failed'],
  ])('%s, %s', (state, _event, event, expected, ...rules) => {
    // A rest parameter, as jest takes a fifth one for a callback where a row has four.
    expect(reduce(at(state), input(event), { ...RULES, ...rules[0] }).state).toBe(expected);
  });

  it.each<ObjectiveStateName>(['pending', 'holding', 'passed', 'regressed'])(
    'turns unknown into an error only after five seconds, from %s',
    (state) => {
      const states = fold(at(state), HOLD, [
        { now: 0, verdict: 'unknown' },
        { now: UNKNOWN_GRACE_MS, verdict: 'unknown' },
        { now: UNKNOWN_GRACE_MS + 1, verdict: 'unknown' },
      ]);
      expect(states).toEqual([state, state, 'error']);
    },
  );

  it('regresses only once false has lasted, and forgets a short lapse', () => {
    const states = fold(at('passed'), RULES, [
      { now: 100, verdict: 'false' },
      { now: 500, verdict: 'true' },
      { now: 700, verdict: 'false' },
      { now: 1100, verdict: 'false' },
      { now: 1200, verdict: 'false' },
    ]);
    expect(states).toEqual(['passed', 'passed', 'passed', 'passed', 'regressed']);
  });

  it('freezes a hold while nothing can be said, and starts it again after a gap without looks', () => {
    const frozen = fold(at('pending'), HOLD, [
      { now: 0, verdict: 'true' },
      { now: 2000, verdict: 'true' },
      { now: 5000, verdict: 'unknown' },
      { now: 6000, verdict: 'true' },
      { now: 8000, verdict: 'true' },
    ]);
    expect(frozen).toEqual(['holding', 'holding', 'holding', 'holding', 'passed']);
    const gap = fold(at('pending'), HOLD, [
      { now: 0, verdict: 'true' },
      { now: 60_000, verdict: 'true' },
      { now: 65_000, verdict: 'true' },
    ]);
    expect(gap).toEqual(['holding', 'holding', 'passed']);
  });

  it('stops the clock of a deadline while in error', () => {
    const rules = { ...RULES, within: { fromStart: false, forMs: 10_000 } };
    const error = at('error', { cameFrom: 'pending', spentMs: 9000 });
    expect(
      fold(error, rules, [
        { now: 60_000, verdict: 'unknown' },
        { now: 60_100, verdict: 'false' },
      ]),
    ).toEqual(['error', 'pending']);
  });

  const anyInput = fc.record({
    step: fc.integer({ min: 0, max: 7000 }),
    needsCredited: fc.boolean(),
    verdict: fc.constantFrom('true', 'false', 'unknown', 'unread' as const),
    tripped: fc.boolean(),
  });
  const anyRules = fc.record({
    stableForMs: fc.constantFrom(0, 3000),
    regressAfterMs: fc.constantFrom(0, 500),
    latch: fc.boolean(),
    neverFromStart: fc.boolean(),
    neverUntilFreeze: fc.boolean(),
  });

  it('keeps its promises through any history', () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 40 }), anyRules, (steps, rules) => {
        let memory = initialMemory(0);
        let now = 0;
        for (const { step, ...event } of steps) {
          const before = memory;
          now += step;
          memory = reduce(before, { now, ...event } as ObjectiveInput, rules);
          // Failed is the end; a latch keeps what was passed; unknown never takes credit away.
          if (before.state === 'failed' && memory.state !== 'failed') return false;
          if (rules.latch && before.state === 'passed' && memory.state === 'regressed') return false;
          if (event.verdict === 'unknown' && !event.tripped && isCredited(before) && !isCredited(memory))
            return false;
          // Credit is won by a true verdict alone, and the first time only once the needs are credited.
          if (!isCredited(before) && isCredited(memory) && event.verdict !== 'true') return false;
          if (before.state === 'blocked' && isCredited(memory) && !event.needsCredited) return false;
        }
        return true;
      }),
      { numRuns: 500 },
    );
  });
});
