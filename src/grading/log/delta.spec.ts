import fc from 'fast-check';
import type { Json } from '../json.js';
import { diff, mapValues, patch } from './delta.js';

const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;
/** Two values that have much in common, as one look and the next. */
const near = fc.letrec<{ both: [Json, Json] }>((tie) => ({
  both: fc.oneof(
    { maxDepth: 4 },
    json.map((v): [Json, Json] => [v, v]),
    fc.tuple(json, json),
    fc
      .dictionary(fc.constantFrom('a', 'b', 'name', 'value', '__proto__', '0'), tie('both'), { maxKeys: 4 })
      .map((o): [Json, Json] => [pick(o, 0), pick(o, 1)]),
    fc
      .tuple(fc.array(tie('both'), { maxLength: 5 }), fc.nat(5), fc.nat(5))
      .map(([list, from, to]): [Json, Json] => [
        list.slice(from).map((p) => p[0]),
        list.slice(0, to).map((p) => p[1]),
      ]),
  ),
})).both;

function pick(object: Record<string, [Json, Json]>, side: 0 | 1): Json {
  return Object.fromEntries(Object.entries(object).map(([key, pair]) => [key, pair[side]]));
}

const wire = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
/** As JSON knows them: it has one zero. */
const plain = (value: Json): Json => wire(value);

describe('what changed', () => {
  it('makes the one of the other, after a way through JSON, and says nothing where nothing changed', () => {
    fc.assert(
      fc.property(near, ([a, b]) => {
        const [before, after] = [plain(a), plain(b)];
        const delta = diff(before, after);
        if (delta === undefined) expect(before).toEqual(after);
        else expect(patch(before, wire(delta))).toEqual(after);
        expect(diff(after, plain(after))).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });

  it('leaves what it started from as it was', () => {
    fc.assert(
      fc.property(near, ([a, b]) => {
        const before = JSON.stringify(a);
        const delta = diff(a, b);
        if (delta !== undefined) patch(a, delta);
        expect(JSON.stringify(a)).toBe(before);
      }),
    );
  });

  it('is small where little changed: a counter, a line of a log, one of many', () => {
    const links = Array.from({ length: 50 }, (_, i) => ({
      ifname: `eth${i}`,
      up: true,
      mtu: 1500,
      rx: i,
    }));
    const counted = links.map((l, i) => (i === 7 ? { ...l, rx: 99 } : l));
    expect(diff(links, counted)).toEqual({ '7': { rx: [99] } });
    const log = Array.from({ length: 100 }, (_, i) => `line ${i}`);
    expect(diff(log, [...log.slice(1), 'line 100'])).toEqual([0, 1, [], ['line 100']]);
    expect(diff(links, links.toSpliced(20, 1))).toEqual([20, 1, [], []]);
    expect(diff({ a: 1, b: 2 }, { a: 1 })).toEqual({ b: 0 });
  });

  it('never parts a variable from its name, as the name says whether the value may be kept', () => {
    const env = (value: string): Json => [{ name: 'DB_PASSWORD', value, more: 1 }];
    expect(diff(env('a'), env('b'))).toEqual({ '0': [{ name: 'DB_PASSWORD', value: 'b', more: 1 }] });
  });

  it('has its values replaced one by one', () => {
    const delta = diff({ a: 'x', list: ['1'] }, { a: 'y', list: ['1', '2', '3'] })!;
    expect(mapValues(delta, () => 'hidden')).toEqual({
      a: ['hidden'],
      list: [1, 0, ['hidden', 'hidden'], []],
    });
  });
});
