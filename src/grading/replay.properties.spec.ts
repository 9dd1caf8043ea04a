import fc from 'fast-check';
import { GradedRun } from '../../test/support/graded-run.js';
import { prepared, randomSpec, randomSteps, type Step } from '../../test/support/random-run.js';
import type { LabSpec } from '../labs/lab-spec.js';
import { differences } from './replay-diff.js';
import { replay } from './replay.js';

/** A killed grader is started again after these steps. */
const kills = fc.uniqueArray(fc.nat(39), { maxLength: 3 });

async function play(
  spec: LabSpec,
  steps: readonly Step[],
  killedAfter: readonly number[],
): Promise<GradedRun> {
  const graded = new GradedRun(prepared(spec));
  graded.start();
  for (const [i, step] of steps.entries()) {
    await graded.does(step);
    if (!killedAfter.includes(i)) continue;
    graded.kill();
    await graded.pass(1500);
    graded.start();
  }
  await graded.actor.close();
  return graded;
}

const runs = (check: (spec: LabSpec, steps: Step[], kills: number[]) => Promise<void>, numRuns = 100) =>
  fc.assert(fc.asyncProperty(randomSpec, randomSteps, kills, check), { numRuns });

describe('a run that is folded again from its log', () => {
  it('goes through the same states at the same times, however often its grader was killed', async () => {
    await runs(async (spec, steps, killed) => {
      const graded = await play(spec, steps, killed);
      const found = replay(graded.stored.segments(), spec);
      expect(differences(found.recorded, found.replayed)).toEqual([]);
      expect(found.partial).toBe(false);
      // What is stored was told of before, and the log knows all of it.
      const stored = graded.stored.events.filter(({ type }) => type === 'objective.state');
      const logged = found.recorded.filter(({ subject }) => !subject.startsWith('tripwire:'));
      expect(logged.map(({ subject, from, to }) => [subject, from, to])).toEqual(
        stored.map(({ payload: { objective, from, to } }) => [objective, from, to]),
      );
    });
  }, 60_000);

  it('holds nothing that the learner is to find out', async () => {
    await runs(async (spec, steps, killed) => {
      const graded = await play(spec, steps, killed);
      expect(graded.stored.segments().flat().join('')).not.toContain('swordfish42');
    }, 30);
  }, 60_000);

  it('is the same up to the place where its log had to end', async () => {
    await runs(async (spec, steps) => {
      const graded = new GradedRun(prepared(spec), { maxLogBytes: 2000 });
      graded.start();
      for (const step of steps) await graded.does(step);
      await graded.actor.close();
      const { bytes, full } = graded.stored.logBytes;
      const found = replay(graded.stored.segments(), spec);
      expect(found.partial).toBe(full);
      expect(bytes).toBeLessThanOrEqual(2000 + 100);
      expect(differences(found.recorded, found.replayed)).toEqual([]);
    }, 50);
  }, 60_000);
});
