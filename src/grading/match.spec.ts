import fc from 'fast-check';
import type { Json } from './json.js';
import { match } from './match.js';
import { patternProblems } from './operators.js';

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
/** Values without nulls, operators and empty containers: as a pattern, each says what it looks like. */
const plain = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.integer(),
    fc.boolean(),
    fc.string({ maxLength: 5 }),
    fc.array(tie('value'), { minLength: 1, maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'name'), tie('value'), { minKeys: 1, maxKeys: 3 }),
  ),
})).value;

const holds = (pattern: Json, observed: Json | undefined): boolean => match(pattern, observed).length === 0;

describe('the matcher', () => {
  it('finds every value in itself', () => {
    fc.assert(fc.property(plain, (value) => holds(value, value)));
  });

  it('still holds when more is observed than was asked for', () => {
    fc.assert(
      fc.property(fc.array(plain, { minLength: 1, maxLength: 5 }), json, fc.nat(5), (list, more, at) => {
        const grown = [...list.slice(0, at), more, ...list.slice(at)];
        return holds(list, grown);
      }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'b'), plain), json, (o, more) =>
        holds(o, { ...o, z: more }),
      ),
    );
  });

  it('never throws on any pattern without operators, whatever is observed', () => {
    fc.assert(fc.property(plain, json, (pattern, observed) => Array.isArray(match(pattern, observed))));
  });

  it('gives each expected element an observed one of its own', () => {
    expect(holds([{ a: 1 }, { a: 1 }], [{ a: 1 }])).toBe(false);
    expect(holds([1, 1], [1, 2, 1])).toBe(true);
  });

  it('finds an assignment even where greed fails', () => {
    // The first pattern fits both, the second only the first element.
    expect(holds([{ a: 1 }, { b: 2 }], [{ a: 1, b: 2 }, { a: 1 }])).toBe(true);
    const loose = Array.from({ length: 20 }, () => ({ up: true }));
    const observed = Array.from({ length: 20 }, (_, i) => ({ up: true, i }));
    expect(holds([...loose.slice(1), { up: true, i: 0 }], observed)).toBe(true);
    expect(holds([...loose, { up: true, i: 0 }], observed)).toBe(false);
  });

  it('takes null in a pattern for absent or null', () => {
    expect(holds({ a: null }, {})).toBe(true);
    expect(holds({ a: null }, { a: null })).toBe(true);
    expect(match({ a: null }, { a: 1 })).toEqual([{ path: 'a', kind: 'extra', expected: null, observed: 1 }]);
  });

  it('does not find what only the prototype has', () => {
    expect(holds({ constructor: { $exists: true } }, {})).toBe(false);
  });

  it('names the element that was meant, by its identity, and what differs in it', () => {
    const links: Json = [
      { ifname: 'lo', up: true },
      { ifname: 'eth0-r', up: false, carrier: false },
    ];
    expect(
      match(
        [
          { ifname: 'eth0-r', up: true },
          { ifname: 'lo', up: true },
        ],
        links,
        'lr',
      ),
    ).toEqual([{ path: 'lr[eth0-r].up', kind: 'wrong', expected: true, observed: false }]);
    expect(match([{ ifname: 'eth9', up: true }], links, 'lr')).toMatchObject([
      { path: 'lr[eth9]', kind: 'missing' },
    ]);
    expect(match([{ ifname: 'lo' }], null, 'lr')).toMatchObject([{ path: 'lr', kind: 'missing' }]);
  });

  it('refuses to search in more than five hundred elements', () => {
    expect(
      match(
        [1],
        Array.from({ length: 501 }, () => 1),
      ),
    ).toHaveLength(1);
    expect(
      match(
        [1],
        Array.from({ length: 500 }, () => 1),
      ),
    ).toEqual([]);
  });
});

describe('the operators', () => {
  it.each<[string, Json, Json, boolean]>([
    ['$eq', { $eq: { b: 1, a: 2 } }, { a: 2, b: 1 }, true],
    ['$ne', { $ne: 1 }, 1, false],
    ['$gt', { $gt: 1 }, 2, true],
    ['$gte on text and number', { $gte: 1 }, '2', false],
    ['$lt', { $lt: 1 }, 1, false],
    ['$lte', { $lte: 1 }, 1, true],
    ['$in', { $in: ['a', 'b'] }, 'b', true],
    ['$nin', { $nin: ['a'] }, 'a', false],
    ['$exists', { $exists: false }, null, true],
    ['$type', { $type: 'list' }, [], true],
    ['$re', { $re: '^eth[0-9]+$' }, 'eth12', true],
    ['$re on a number', { $re: '1' }, 1, false],
    ['$cidr of an address', { $cidr: '10.0.0.0/24' }, '10.0.0.7', true],
    ['$cidr of a prefix', { $cidr: '10.0.0.0/24' }, '10.0.0.0/25', true],
    ['$cidr of a larger prefix', { $cidr: '10.0.0.0/24' }, '10.0.0.0/8', false],
    ['$cidr of a word', { $cidr: '10.0.0.0/24' }, 'default', false],
    ['$cidr in IPv6', { $cidr: 'fd00::/8' }, 'fd00::1', true],
    ['$quantity', { $quantity: { $gte: '64Mi' } }, '67108864', true],
    ['$not', { $not: { a: 1 } }, { a: 2 }, true],
    ['$any', { $any: { a: 1 } }, [{ a: 2 }, { a: 1 }], true],
    ['$any of nothing', { $any: { a: 1 } }, [], false],
    ['$each', { $each: { $gt: 0 } }, [1, 2], true],
    ['$each of nothing', { $each: { $gt: 0 } }, [], false],
    ['$none', { $none: { a: 1 } }, [{ a: 1 }], false],
    ['$none of nothing', { $none: { a: 1 } }, [], true],
    ['$len', { $len: { $gte: 2 } }, [1, 2], true],
    ['$exactly', { $exactly: [2, 1] }, [1, 2], true],
    ['$exactly with one more', { $exactly: [1] }, [1, 2], false],
  ])('%s', (_name, pattern, observed, expected) => {
    expect(holds(pattern, observed)).toBe(expected);
    expect(patternProblems(pattern)).toEqual([]);
  });

  it.each<[string, Json]>([
    ['an unknown operator', { a: { $near: 1 } }],
    ['operators beside plain keys', { $gt: 1, a: 2 }],
    ['an empty list', { a: [] }],
    ['an empty object', { a: {} }],
    ['a regexp with a repeated group', { $re: '(a+)+$' }],
    ['a regexp with a back reference', { $re: '(a)\\1' }],
    ['a regexp that is none', { $re: '(' }],
    ['a network that is none', { $cidr: '10.0.0.300/24' }],
    ['a fault inside another operator', { $any: { $not: { $foo: 1 } } }],
    ['$in without a list', { $in: 'a' }],
  ])('lint complains about %s', (_name, pattern) => {
    expect(patternProblems(pattern)).toHaveLength(1);
  });
});
