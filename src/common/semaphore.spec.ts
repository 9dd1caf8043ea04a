import { Semaphore } from './semaphore.js';

describe('the semaphore', () => {
  it('never runs more than its limit, in order, and survives failures', async () => {
    const semaphore = new Semaphore(2);
    let active = 0;
    let most = 0;
    const order: number[] = [];
    const task = (n: number) =>
      semaphore.run(async () => {
        most = Math.max(most, ++active);
        order.push(n);
        await new Promise((resolve) => setImmediate(resolve));
        active--;
        if (n === 1) throw new Error('one fails');
      });
    const results = await Promise.allSettled([0, 1, 2, 3, 4].map(task));
    expect(most).toBe(2);
    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect(results.map((r) => r.status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
  });
});
