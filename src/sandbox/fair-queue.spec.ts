import fc from 'fast-check';
import { FairQueue } from './fair-queue.js';

const make = (items: string[]) => {
  const queue = new FairQueue<string>((item) => item[0]!);
  items.forEach((item) => queue.push(item));
  return queue;
};

describe('the fair queue', () => {
  it('keeps the order of arrival within a tenant', () => {
    expect(make(['a1', 'a2', 'a3']).order()).toEqual(['a1', 'a2', 'a3']);
  });

  it('alternates between tenants', () => {
    expect(make(['a1', 'a2', 'a3', 'b1', 'c1', 'b2']).order()).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  it('remembers who was served last', () => {
    const queue = make(['a1', 'b1', 'a2', 'b2']);
    queue.serve('a1');
    expect(queue.order()).toEqual(['b1', 'a2', 'b2']);
    queue.serve('b1');
    expect(queue.order()).toEqual(['a2', 'b2']);
  });

  it('serves in exactly the order that it foretold, as long as nobody comes', () => {
    const arrivals = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(99)), { maxLength: 40 });
    fc.assert(
      fc.property(arrivals, fc.nat(10), (pairs, before) => {
        const queue = make([...new Set(pairs.map(([t, n]) => `${t}${n}`))]);
        for (let i = 0; i < before && queue.size > 0; i++) queue.serve(queue.order()[0]!);
        const foretold = queue.order();
        const got: string[] = [];
        while (queue.size > 0) {
          const next = queue.order()[0]!;
          got.push(next);
          queue.serve(next);
        }
        expect(got).toEqual(foretold);
      }),
    );
  });

  it('lets no tenant wait for more than one turn of each other one', () => {
    const many = Array.from({ length: 30 }, (_, i) => `a${i}`);
    expect(
      make([...many, 'b1'])
        .order()
        .indexOf('b1'),
    ).toBe(1);
  });
});
