import fc from 'fast-check';
import { EMPTY, FACTS, randomLab, randomSteps, type Step } from '../../test/support/random-run.js';
import type { PreparedLab } from '../labs/prepared-lab.js';
import { countsIn } from './credit.js';
import { faulted, type Observations } from './observation.js';
import { rememberPassed, rememberStart, seenBy, type Past } from './past.js';
import { scoreOfRun } from './progress-view.js';
import { Run, type Folded, type Look, type TimedObservation } from './run.js';

interface Moment {
  now: number;
  folded: Pick<Folded, 'transitions' | 'tripped'>;
  step: Step;
}

/** A run on a clock that stands still between the steps: no timer, no promise. */
function fold(
  lab: PreparedLab,
  steps: readonly Step[],
  o: { start?: number; each?(run: Run, moment: Moment): void } = {},
): { run: Run; history: string[] } {
  const start = o.start ?? 0;
  const run = new Run(lab, start);
  const past: Past = {};
  const active: Record<string, TimedObservation> = {};
  const history: string[] = [];
  let now = start;
  let world: Observations = EMPTY;
  for (const step of steps) {
    now += step.gap;
    world = { ...world, ...step.shows };
    const passive = Object.fromEntries(Object.entries(world).filter(([name]) => !run.isActive(name)));
    const objective = lab.objectives[step.which % lab.objectives.length]!.spec.id;
    const look: Look = { now, passive, active, past, sandbox: FACTS, acted: step.does === 'enter' };
    let folded: Moment['folded'] = { transitions: [], tripped: [] };
    if (step.does === 'glimpse') run.glimpse(look, new Set(['w']));
    else if (step.does === 'retry') folded.transitions = [run.retry(objective, now) ?? []].flat();
    else {
      for (const name of run.activeNames()) active[name] = { observation: world[name]!, startedAt: now };
      rememberStart(past, lab, passive);
      folded = run.apply(look);
      rememberPassed(past, lab, { transitions: folded.transitions, observations: seenBy(look) });
    }
    for (const { objective: of, from, to } of folded.transitions)
      history.push(`${now - start} ${of.spec.id} ${from} ${to}`);
    o.each?.(run, { now, folded, step });
  }
  return { run, history };
}

const runs = (check: (lab: PreparedLab, steps: Step[]) => void, numRuns = 200): void =>
  fc.assert(fc.property(randomLab, randomSteps, check), { numRuns });

describe('a run, through any history', () => {
  it('tells of every change of state, each beginning where the one before ended', () => {
    runs((lab, steps) => {
      const told = new Map(lab.objectives.map(({ spec }) => [spec.id, 'blocked']));
      fold(lab, steps, {
        each(run, { folded }) {
          for (const { objective, from, to } of folded.transitions) {
            expect(from).toBe(told.get(objective.spec.id));
            expect(to).not.toBe(from);
            told.set(objective.spec.id, to);
          }
          for (const [id, { memory }] of run.objectives) expect(memory.state).toBe(told.get(id));
          expect(run.objectives.size).toBe(lab.objectives.length);
        },
      });
    });
  });

  it('gives no credit the first time before all that it needs has credit', () => {
    runs((lab, steps) => {
      const met = new Set<string>();
      fold(lab, steps, {
        each(run) {
          for (const { spec } of lab.objectives) {
            if (met.has(spec.id) || !countsIn(run.of(spec.id))) continue;
            met.add(spec.id);
            for (const need of spec.needs) expect([need, met.has(need)]).toEqual([need, true]);
          }
        },
      });
    });
  });

  it('leaves failed by a retry alone', () => {
    runs((lab, steps) => {
      const failed = new Set<string>();
      fold(lab, steps, {
        each(run, { step, folded }) {
          for (const { from } of folded.transitions) if (from === 'failed') expect(step.does).toBe('retry');
          for (const [id, { memory }] of run.objectives) {
            if (failed.has(id) && step.does !== 'retry') expect(memory.state).toBe('failed');
            if (memory.state === 'failed') failed.add(id);
            else failed.delete(id);
          }
        },
      });
    });
  });

  it('never goes to and fro faster than its rules allow', () => {
    runs((lab, steps) => {
      const since = new Map<string, number>();
      fold(lab, steps, {
        each(_, { now, folded }) {
          for (const { objective, from, to } of folded.transitions) {
            const { id } = objective.spec;
            const lasted = now - (since.get(id) ?? 0);
            if (from === 'holding' && to === 'passed')
              expect(lasted).toBeGreaterThanOrEqual(objective.rules.stableForMs);
            if (from === 'passed' && to === 'regressed') {
              expect(lasted).toBeGreaterThanOrEqual(objective.rules.regressAfterMs);
              expect(objective.rules.latch).toBe(false);
            }
            since.set(id, now);
          }
        },
      });
    });
  });

  it('takes no point for a fault of ours, however long it lasts', () => {
    runs((lab, steps) => {
      const before = fold(lab, steps).run;
      const points = scoreOfRun(before, false).points;
      const blind = Object.fromEntries(
        Object.keys(EMPTY).map((name) => [name, faulted('platform', 'timeout', '')]),
      );
      const dark = [1000, 1000, 3000, 3000, 9000, 60_000].map((gap): Step => ({
        gap,
        shows: blind,
        does: 'look',
        which: 0,
      }));
      // A glimpse that waits to be judged is no fault of ours.
      const settled: Step[] = [...steps, { gap: 1, shows: {}, does: 'look', which: 0 }];
      const seeing = fold(lab, settled).run;
      const after = fold(lab, [...settled, ...dark]).run;
      expect(scoreOfRun(after, false).points).toBeGreaterThanOrEqual(scoreOfRun(seeing, false).points);
      expect(points).toBeLessThanOrEqual(scoreOfRun(before, true).max);
    });
  });

  it('reads no clock and draws no lot: the same history is the same run, today and tomorrow', () => {
    const { now } = Date;
    const { random } = Math;
    const forbidden = (): never => {
      throw new Error('the fold looked at the world');
    };
    runs((lab, steps) => {
      const history = fold(lab, steps).history;
      Date.now = forbidden;
      Math.random = forbidden;
      try {
        expect(fold(lab, steps).history).toEqual(history);
        expect(fold(lab, steps, { start: 86_400_000 }).history).toEqual(history);
      } finally {
        Date.now = now;
        Math.random = random;
      }
    }, 100);
  });

  it('keeps its score between nothing and the maximum, and counts what has credit', () => {
    runs((lab, steps) => {
      fold(lab, steps, {
        each(run) {
          const { points, max, fraction } = scoreOfRun(run, false);
          const weights = lab.objectives.filter(({ spec }) => countsIn(run.of(spec.id)));
          const earned = weights.reduce((sum, { spec }) => sum + spec.weight, 0);
          expect(points).toBeLessThanOrEqual(Math.min(max, earned));
          expect(points).toBeGreaterThanOrEqual(0);
          expect(fraction).toBeLessThanOrEqual(1);
        },
      });
    });
  });
});
