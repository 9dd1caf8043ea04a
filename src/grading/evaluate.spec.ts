import fc from 'fast-check';
import type { Assert } from './assert.js';
import { celCompiler } from './cel.js';
import { evaluate } from './evaluate.js';
import { faulted, seen, type Observation } from './observation.js';
import { allOf, anyOf, verdictOf, type Truth } from './truth.js';

const compile = celCompiler(['t', 'f', 'r', 'u', 'l']);
const observations: Record<string, Observation> = {
  t: seen(1),
  f: seen(0),
  r: faulted('tenant', 'refused', 'red is a link'),
  u: faulted('platform', 'timeout', 'the helper hangs'),
  l: seen([{ name: 'lo', up: true }]),
};
const context = { observations, lab: {}, past: {}, sandbox: {}, compile };
const leaf = (truth: Truth): Assert => ({ match: { [truth.toLowerCase()]: 1 } });
const truthOf = (node: Assert): Truth => evaluate(node, context).truth;
const truth = fc.constantFrom<Truth>('F', 'R', 'U', 'T');

describe('the four truths', () => {
  it.each<[Truth, Truth, Truth, Truth]>([
    ['T', 'F', 'F', 'T'],
    ['T', 'U', 'U', 'T'],
    ['T', 'R', 'R', 'T'],
    ['F', 'U', 'F', 'U'],
    ['F', 'R', 'F', 'R'],
    ['U', 'R', 'R', 'U'],
  ])('of %s and %s: all is %s, any is %s', (a, b, all, any) => {
    expect([truthOf({ all: [leaf(a), leaf(b)] }), truthOf({ all: [leaf(b), leaf(a)] })]).toEqual([all, all]);
    expect([truthOf({ any: [leaf(a), leaf(b)] }), truthOf({ any: [leaf(b), leaf(a)] })]).toEqual([any, any]);
  });

  it('negates true and false, and keeps what could not be read', () => {
    expect((['T', 'F', 'U', 'R'] as const).map((t) => truthOf({ not: leaf(t) }))).toEqual([
      'F',
      'T',
      'U',
      'R',
    ]);
  });

  it('says unknown only for our own faults', () => {
    expect((['T', 'F', 'R', 'U'] as const).map(verdictOf)).toEqual(['true', 'false', 'false', 'unknown']);
  });

  it('never falls when a child rises', () => {
    const rank = (t: Truth): number => ['F', 'R', 'U', 'T'].indexOf(t);
    fc.assert(
      fc.property(fc.array(truth, { minLength: 1 }), fc.nat(), truth, (ts, at, other) => {
        const index = at % ts.length;
        const higher = ts.with(index, rank(other) > rank(ts[index]!) ? other : ts[index]!);
        return rank(allOf(higher)) >= rank(allOf(ts)) && rank(anyOf(higher)) >= rank(anyOf(ts));
      }),
    );
  });

  it('never turns a broken probe into a fulfilled assertion', () => {
    const tree = fc.letrec<{ node: Assert }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<Truth>('R').map(leaf),
        fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
        fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
        tie('node').map((not) => ({ not })),
      ),
    })).node;
    fc.assert(fc.property(tree, (node) => truthOf(node) === 'R'));
  });
});

describe('the explanation', () => {
  it('is the first failing child of all, in the order of the file', () => {
    const verdict = evaluate(
      { all: [{ match: { t: 1 } }, { match: { f: 5 } }, { match: { f: 6 } }] },
      context,
    );
    expect(verdict.failures).toEqual([{ path: 'f', kind: 'wrong', expected: 5, observed: 0 }]);
  });

  it('is the nearest child of any', () => {
    const far: Assert = { match: { l: [{ name: 'lo', up: false, mtu: 1 }] } };
    const near: Assert = { match: { l: [{ name: 'lo', up: false }] } };
    expect(evaluate({ any: [far, near] }, context).failures).toMatchObject([
      { path: 'l[lo].up', kind: 'wrong' },
    ]);
  });

  it('is what was found, under a negation', () => {
    const verdict = evaluate({ not: { match: { l: [{ name: 'lo' }] } } }, context);
    expect(verdict.failures).toEqual([
      { path: 'l', kind: 'held', expected: null, observed: [{ name: 'lo', up: true }] },
    ]);
  });

  it('is the fault, where something could not be read', () => {
    expect(evaluate(leaf('R'), context).failures).toMatchObject([
      { path: 'r', kind: 'unreadable', observed: 'refused' },
    ]);
    expect(evaluate({ cel: 'u == 1 || t == 1' }, context)).toMatchObject({ truth: 'U' });
  });
});
