import fc from 'fast-check';
import { celCompiler } from './cel.js';
import type { Json } from './json.js';

const compile = celCompiler(['x', 'y']);
const run = (source: string, observations: Record<string, Json>) =>
  compile(source).run({
    observations: { x: null, y: null, ...observations },
    lab: { n: 4 },
    past: {},
    sandbox: {},
  });
const truthOf = (source: string, observations: Record<string, Json>) => run(source, observations).truth;

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
const whole = fc.maxSafeInteger();

/** What labs really write, in its kinds. */
const SOURCES = [
  'x.a.b == 1',
  "x.exists(e, e.name == 'red')",
  'x.all(e, e.up == true && e.mtu >= 1500)',
  'size(x) > 2',
  "x.filter(e, e.name in ['a', 'b']).size() == 2",
  "x.a.startsWith('v')",
  "int(x.a['rev']) > int(y.a['rev'])",
  'distinct(x.map(e, e.inode))',
  "cidr(x.local, '10.0.0.0/8')",
  "quantity(x.memory) >= quantity('64Mi')",
  'x == null || x.a < lab.n - 1',
  '!(x.a == y.a) && x.b != null',
];

describe('CEL, on anything', () => {
  it('never throws, whatever is observed, and says true, false or that the lab is defective', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SOURCES), json, json, (source, x, y) => {
        expect(['T', 'F', 'U']).toContain(truthOf(source, { x, y }));
      }),
      { numRuns: 1000 },
    );
  });

  it('gives the same answer each time, and leaves what it read as it was', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SOURCES), json, json, (source, x, y) => {
        const before = JSON.stringify([x, y]);
        const first = run(source, { x, y });
        expect(run(source, { x, y })).toEqual(first);
        expect(JSON.stringify([x, y])).toBe(before);
      }),
    );
  });

  it('takes absence for not met, at any depth; never for a defect', () => {
    const path = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 });
    const nested = fc.letrec<{ o: Json }>((tie) => ({
      o: fc.oneof(
        { maxDepth: 3 },
        fc.constant(null),
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('o'), { maxKeys: 2 }),
      ),
    })).o;
    fc.assert(
      fc.property(path, nested, (keys, x) => {
        // Whatever the path leads to here, it is not a number.
        expect(truthOf(`x.${keys.join('.')} == 7`, { x })).toBe('F');
        expect(truthOf(`x.${keys.join('.')}.exists(e, e == 7)`, { x })).toBe('F');
      }),
    );
  });

  it('takes a type that does not fit for a defect; that is our fault, and never the learner’s', () => {
    fc.assert(
      fc.property(fc.string(), whole, (text, n) => {
        expect(run('x.v > 1', { x: { v: text } })).toMatchObject({ truth: 'U', kind: 'defect' });
        expect(run("x.v.startsWith('a')", { x: { v: n } })).toMatchObject({ truth: 'U', kind: 'defect' });
        expect(run('x.v', { x: { v: n } })).toMatchObject({ truth: 'U', kind: 'defect' });
      }),
    );
  });

  it('counts in whole numbers to the last digit', () => {
    fc.assert(
      fc.property(whole, whole, (a, b) => {
        const x = { a, b };
        expect(truthOf(`x.a == ${a}`, { x })).toBe('T');
        expect(truthOf('x.a + x.b == x.b + x.a', { x })).toBe('T');
        expect(truthOf('x.a < x.b', { x })).toBe(a < b ? 'T' : 'F');
        expect(truthOf('x.a + 1 > x.a', { x })).toBe('T');
      }),
    );
  });

  it('compares whole numbers and fractions by their value', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1000, max: 1000 }),
        fc.double({ noNaN: true, min: -1000, max: 1000 }),
        (a, b) => {
          expect(truthOf('x.a < x.b', { x: { a, b } })).toBe(a < b ? 'T' : 'F');
          expect(truthOf('x.a <= x.b', { x: { a, b } })).toBe(a <= b ? 'T' : 'F');
        },
      ),
    );
  });

  it('never takes a text of the learner’s for a part of the expression', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(truthOf('x.v == y.v', { x: { v: text }, y: { v: text } })).toBe('T');
        expect(truthOf("x.v == 'a' || x.v == 'b'", { x: { v: `${text}' || 'a' == 'a` } })).toBe('F');
      }),
    );
  });
});
