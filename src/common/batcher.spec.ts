import { Batcher } from './batcher.js';

describe('the batcher', () => {
  it('writes what comes during a write as one next batch, and gives each its own result', async () => {
    const batches: number[][] = [];
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const batcher = new Batcher<number, number>(async (items) => {
      batches.push(items);
      if (batches.length === 1) await gate;
      return items.map((n) => n * 10);
    });
    const first = batcher.add(1);
    await new Promise((resolve) => setImmediate(resolve));
    const others = [batcher.add(2), batcher.add(3)];
    open();
    expect(await Promise.all([first, ...others])).toEqual([10, 20, 30]);
    expect(batches).toEqual([[1], [2, 3]]);
  });

  it('goes on after a batch that failed', async () => {
    let fail = true;
    const batcher = new Batcher<number, number>((items) => {
      if (!fail) return Promise.resolve(items);
      fail = false;
      return Promise.reject(new Error('no database'));
    });
    await expect(batcher.add(1)).rejects.toThrow('no database');
    expect(await batcher.add(2)).toBe(2);
  });
});
