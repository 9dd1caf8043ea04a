import { ManualClock } from '../common/manual-clock.js';
import { silentLogger } from '../common/logger.js';
import { DriverError } from '../drivers/driver-error.js';
import type { Step } from '../drivers/step.js';
import { Faults } from './fault.js';
import { runSteps, type RunOptions, undoSteps } from './step-runner.js';

function step(name: string, run: Step['run'], undone: string[] = []): Step {
  return {
    name,
    timeoutMs: 1000,
    run,
    undo: () => {
      undone.push(name);
      return Promise.resolve();
    },
  };
}

function options(steps: Step[], clock = new ManualClock()): RunOptions {
  return {
    id: 'abc',
    attempt: 1,
    steps,
    signal: new AbortController().signal,
    clock,
    logger: silentLogger,
    faults: new Faults(undefined),
    onSlow: () => undefined,
    note: () => undefined,
  };
}

describe('the step runner', () => {
  it('hands the facts of each step to the next ones', async () => {
    const result = await runSteps(
      options([
        step('a', () => Promise.resolve({ pid: 7 })),
        step('b', (c) => Promise.resolve({ seen: c.facts['pid'] ?? 0 })),
      ]),
    );
    expect(result).toMatchObject({ ok: true, facts: { pid: 7, seen: 7 } });
    expect(result.records.map((r) => [r.name, r.state])).toEqual([
      ['a', 'done'],
      ['b', 'done'],
    ]);
  });

  it('tries again what may pass, and stops at what will not', async () => {
    const clock = new ManualClock();
    let tries = 0;
    const busy = step('busy', () => {
      tries++;
      return tries < 3 ? Promise.reject(new DriverError('busy', 'not yet')) : Promise.resolve();
    });
    const broken = step('broken', () => Promise.reject(new DriverError('invalid_spec', 'never')));
    const running = runSteps(options([busy, broken, step('after', () => Promise.resolve())], clock));
    while (tries < 3) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(100);
    }
    const result = await running;
    expect(result.ok).toBe(false);
    expect(result.records.map((r) => [r.name, r.state, r.error])).toEqual([
      ['busy', 'done', null],
      ['broken', 'failed', 'invalid_spec: never'],
    ]);
  });

  it('shows a slow step while it runs', async () => {
    const clock = new ManualClock();
    const slow: string[] = [];
    let end: () => void = () => undefined;
    const steps = [step('slow', () => new Promise((resolve) => (end = resolve)))];
    const running = runSteps({ ...options(steps, clock), onSlow: (s) => slow.push(`${s.name} ${s.state}`) });
    clock.advance(300);
    end();
    await running;
    expect(slow).toEqual(['slow running']);
  });

  it('undoes in reverse, whatever fails on the way', async () => {
    const undone: string[] = [];
    const steps = ['a', 'b', 'c'].map((name) => step(name, () => Promise.resolve(), undone));
    steps[1] = { ...steps[1]!, undo: () => Promise.reject(new Error('stuck')) };
    await undoSteps(options(steps));
    expect(undone).toEqual(['c', 'a']);
  });
});
