import fc from 'fast-check';
import { assign } from './assignment.js';
import type { Json } from './json.js';
import { match, MAX_EXPECTED, MAX_OBSERVED } from './match.js';
import { patternProblems } from './operators.js';

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
const small = fc.record({ a: fc.nat(2), b: fc.nat(2) }, { requiredKeys: [] }) as fc.Arbitrary<Json>;
const holds = (pattern: Json, observed: Json | undefined): boolean => match(pattern, observed).length === 0;

/** All that lint lets through: each operator with an argument of its kind, alone and nested. */
const pattern = fc.letrec<{ any: Json; leaf: Json }>((tie) => ({
  leaf: fc.oneof(
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.string({ maxLength: 4 }),
    fc.integer({ min: 0, max: 3 }).map((n) => ({ $gte: n })),
    fc.integer({ min: 0, max: 3 }).map((n) => ({ $len: { $lte: n } })),
    fc.constantFrom<Json>(
      { $re: '^[a-z]+$' },
      { $cidr: '10.0.0.0/8' },
      { $exists: true },
      { $exists: false },
      { $type: 'list' },
      { $quantity: { $lt: '1Gi' } },
      { $in: [1, 'a', null] },
      { $nin: [1, 'a'] },
      { $ne: 0 },
    ),
  ),
  any: fc.oneof(
    { maxDepth: 3 },
    tie('leaf'),
    fc.array(tie('any'), { minLength: 1, maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'name'), tie('any'), { minKeys: 1, maxKeys: 2 }),
    fc.tuple(fc.constantFrom('$any', '$each', '$none', '$not'), tie('any')).map(([op, p]) => ({ [op]: p })),
    fc.array(tie('any'), { minLength: 1, maxLength: 3 }).map((list) => ({ $exactly: list })),
  ),
})).any;

/** The definition itself, tried out: some way to give each expected element one of its own. */
function bruteForce(expected: Json[], observed: Json[]): boolean {
  const [first, ...rest] = expected;
  if (first === undefined) return true;
  return observed.some(
    (item, i) => holds(first, item) && bruteForce(rest, [...observed.slice(0, i), ...observed.slice(i + 1)]),
  );
}

describe('the matcher, on anything', () => {
  it('finds a list in another exactly where each element can have one of its own', () => {
    fc.assert(
      fc.property(
        fc.array(small, { minLength: 1, maxLength: 4 }),
        fc.array(small, { maxLength: 5 }),
        (expected, observed) => holds(expected, observed) === bruteForce(expected, observed),
      ),
      { numRuns: 500 },
    );
  });

  it('assigns as many as can be assigned, and nobody twice', () => {
    const table = fc.array(fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), {
      minLength: 1,
      maxLength: 4,
    });
    const most = (rows: boolean[][], free: readonly number[]): number => {
      const [row, ...rest] = rows;
      if (!row) return 0;
      const taking = free
        .filter((j) => row[j])
        .map(
          (j) =>
            1 +
            most(
              rest,
              free.filter((f) => f !== j),
            ),
        );
      return Math.max(most(rest, free), ...taking);
    };
    fc.assert(
      fc.property(table, (rows) => {
        const chosen = assign(rows.length, 4, (i, j) => rows[i]![j]!);
        const taken = chosen.filter((j) => j >= 0);
        expect(new Set(taken).size).toBe(taken.length);
        expect(chosen.every((j, i) => j < 0 || rows[i]![j])).toBe(true);
        expect(taken.length).toBe(most(rows, [0, 1, 2, 3]));
      }),
    );
  });

  it('never throws on a pattern that lint accepts, and says why whenever it does not hold', () => {
    fc.assert(
      fc.property(pattern, json, (p, observed) => {
        if (patternProblems(p).length > 0) return;
        for (const { path, kind } of match(p, observed, 'o')) {
          expect(path.startsWith('o')).toBe(true);
          expect(['missing', 'wrong', 'extra']).toContain(kind);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('negates exactly, and takes absent for null', () => {
    fc.assert(
      fc.property(pattern, json, (p, observed) => {
        if (patternProblems({ $not: p }).length > 0) return;
        expect(holds({ $not: p }, observed)).toBe(!holds(p, observed));
        expect(holds(p, undefined)).toBe(holds(p, null));
      }),
    );
  });

  it('knows $exactly as the list itself with nothing more', () => {
    fc.assert(
      fc.property(
        fc.array(small, { minLength: 1, maxLength: 4 }),
        fc.array(small, { maxLength: 4 }),
        (p, o) => {
          expect(holds({ $exactly: p }, o)).toBe(o.length === p.length && holds(p, o));
        },
      ),
    );
  });

  it('knows $none as no $any, and $each as no exception', () => {
    fc.assert(
      fc.property(small, fc.array(small, { minLength: 1, maxLength: 4 }), (p, o) => {
        expect(holds({ $none: p }, o)).toBe(!holds({ $any: p }, o));
        expect(holds({ $each: p }, o)).toBe(o.every((item) => holds(p, item)));
      }),
    );
  });

  it('does not depend on the order of a list or of keys', () => {
    fc.assert(
      fc.property(
        fc.array(small, { minLength: 1, maxLength: 4 }),
        fc.array(small, { maxLength: 5 }),
        (p, o) => {
          const turned = o
            .toReversed()
            .map((item) => Object.fromEntries(Object.entries(item as object).toReversed()));
          expect(holds(p, turned as Json)).toBe(holds(p, o));
          expect(holds(p.toReversed(), o)).toBe(holds(p, o));
        },
      ),
    );
  });

  it('keeps its limits: more is refused, not searched', () => {
    const many = (n: number): Json => Array.from({ length: n }, (_, i) => ({ i }));
    expect(holds(many(MAX_EXPECTED), many(MAX_OBSERVED))).toBe(true);
    expect(holds(many(MAX_EXPECTED + 1), many(MAX_OBSERVED))).toBe(false);
    expect(match(many(MAX_EXPECTED), many(MAX_OBSERVED + 1))).toMatchObject([{ kind: 'wrong' }]);
  });
});
