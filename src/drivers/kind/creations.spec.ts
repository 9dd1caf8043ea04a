import { Creations } from './creations.js';

const never = (signal: AbortSignal) =>
  new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(new Error('ended')), { once: true }),
  );
const options = (name: string, budgetMs = 60_000) => ({
  name,
  budgetMs,
  signal: new AbortController().signal,
});

describe('creations of clusters', () => {
  it('take their turns, and count their time only from then on', async () => {
    const creations = new Creations(1);
    let finish = (): void => {};
    const order: string[] = [];
    const first = creations.run(options('a'), () => new Promise<void>((resolve) => (finish = resolve)));
    const second = creations.run(options('b', 1), (signal) => {
      order.push(signal.aborted ? 'b was late' : 'b began');
      return Promise.resolve();
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    order.push('a ends');
    finish();
    await Promise.all([first, second]);
    expect(order).toEqual(['a ends', 'b began']);
  });

  it('end when their time is up', async () => {
    await expect(new Creations(1).run(options('a', 1), never)).rejects.toThrow('ended');
  });

  it('are ended by name, the waiting ones at once', async () => {
    const creations = new Creations(1);
    const first = creations.run(options('a'), never);
    let begun = false;
    const second = creations.run(options('b'), () => Promise.resolve((begun = true)));
    const ends = [
      expect(first).rejects.toThrow('ended'),
      expect(second).rejects.toMatchObject({ code: 'timeout', detail: expect.stringContaining('turn') }),
    ];
    expect(await creations.cancel('b')).toBe(true);
    expect(await creations.cancel('a')).toBe(true);
    await Promise.all(ends);
    expect([begun, await creations.cancel('a')]).toEqual([false, false]);
    expect(await creations.run(options('b'), () => Promise.resolve('again'))).toBe('again');
  });

  it('are never two of one name', async () => {
    const creations = new Creations(2);
    const first = creations.run(options('a'), never).catch(() => undefined);
    await expect(creations.run(options('a'), never)).rejects.toMatchObject({ code: 'busy', retryable: true });
    await creations.cancel('a');
    await first;
  });
});
