import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Deadline } from './deadline.js';

const fires = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

describe('a deadline', () => {
  it('fires when its time is up, also after the garbage collector came by', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const fired = fires(new Deadline(60, [new AbortController().signal]).signal);
    const late = pause(5000, 'never', { ref: false });
    for (let i = 0; i < 3; i++) {
      await pause(5);
      gc();
    }
    expect(await Promise.race([fired, late])).toBeUndefined();
  });

  it('fires with a parent, also with one that fired before', async () => {
    const parent = new AbortController();
    const deadline = new Deadline(60_000, [undefined, parent.signal]);
    const fired = fires(deadline.signal);
    parent.abort();
    await fired;
    expect(deadline.passed).toBe(false);
    expect(new Deadline(60_000, [parent.signal]).signal.aborted).toBe(true);
  });

  it('does not fire any more once it is released', async () => {
    const parent = new AbortController();
    const deadline = new Deadline(1, [parent.signal]);
    deadline.release();
    parent.abort();
    await pause(5);
    expect(deadline.signal.aborted).toBe(false);
  });
});
