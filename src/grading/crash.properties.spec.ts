import fc from 'fast-check';
import { GradedRun, type WriteFault } from '../../test/support/graded-run.js';
import { prepared, randomSpec, randomSteps } from '../../test/support/random-run.js';
import { countsIn } from './credit.js';
import { replay } from './replay.js';
import { differences } from './replay-diff.js';

/** Before each write: nothing, a fault, or the end of the service before or after it. */
const fate = fc.oneof(
  { weight: 3, arbitrary: fc.constant('fine' as const) },
  { weight: 1, arbitrary: fc.constantFrom('refused', 'unanswered', 'killed before', 'killed after') },
);
const fates = fc.array(fate, { minLength: 1, maxLength: 20 });

/** After a restart before anything is looked at. */
function expectRestored(graded: GradedRun): void {
  for (const [id, { state, credited }] of graded.stored.objectives) {
    const now = graded.run.of(id).memory;
    if (state === 'holding') expect(now.state).toBe('pending');
    else if (state !== 'error') expect(now.state).toBe(state);
    expect([id, countsIn(graded.run.of(id))]).toEqual([id, credited]);
    expect(now.holdingSince).toBeNull();
  }
}

/** Told once each, without a gap, and as the rows say. */
function expectOneHistory(graded: GradedRun): void {
  const at = new Map(graded.lab.objectives.map(({ spec }) => [spec.id, 'blocked']));
  for (const { type, payload } of graded.stored.events) {
    if (type !== 'objective.state') continue;
    const { objective, from, to } = payload;
    expect({ objective, from }).toEqual({ objective, from: at.get(objective!) });
    expect(to).not.toBe(from);
    at.set(objective!, to!);
  }
  for (const [id, { state }] of graded.stored.objectives)
    expect({ id, state }).toEqual({ id, state: at.get(id) });
  const reasons = graded.stored.events.flatMap(({ payload: { reason } }) =>
    reason === undefined ? [] : [reason],
  );
  expect(reasons).toEqual([...new Set(reasons)]);
  expect(graded.stored.decisions.map(({ reason }) => reason)).toEqual(reasons);
  const trips = graded.stored.events.filter(({ type }) => type === 'tripwire.tripped');
  expect(trips.length).toBe(graded.stored.trips.length);
}

describe('a grader that is killed, or whose database fails it, at any write', () => {
  it('leaves one history: what was passed or failed stands, a hold begins again, nothing is told twice', async () => {
    let killed = 0;
    await fc.assert(
      fc.asyncProperty(randomSpec, randomSteps, fates, async (spec, steps, plan) => {
        const graded = new GradedRun(prepared(spec));
        let write = 0;
        let dies = false;
        graded.fault = (): WriteFault => {
          if (dies) return 'refused';
          const next = plan[write++ % plan.length]!;
          // A plan that never lets anything pass would say nothing.
          if (write > 200 || next === 'fine') return undefined;
          if (next === 'refused' || next === 'unanswered') return next;
          dies = true;
          return next === 'killed before' ? 'refused' : 'unanswered';
        };
        graded.start();
        for (const step of steps) {
          await graded.does(step);
          if (!dies) continue;
          graded.kill();
          killed++;
          dies = false;
          graded.start();
          expectRestored(graded);
        }
        graded.fault = () => undefined;
        await graded.pass(6000);
        await graded.actor.close();
        expect(graded.actor.store.behind).toBe(false);
        for (const [id, { memory }] of graded.run.objectives)
          expect([id, graded.stored.objectives.get(id)?.state]).toEqual([id, memory.state]);
        expectOneHistory(graded);
        const found = replay(graded.stored.segments(), spec);
        expect(differences(found.recorded, found.replayed)).toEqual([]);
      }),
      { numRuns: 150 },
    );
    expect(killed).toBeGreaterThan(30);
  }, 60_000);
});
