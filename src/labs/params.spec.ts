import { labSpecSchema, type LabSpec } from './lab-spec.js';
import { labValues, secretValues, shellEnv, shownValues, TOKEN_PATTERN } from './params.js';
import { prepareLab } from './prepared-lab.js';
import { meetsReserved, RESERVED_NETWORKS } from './reserved-networks.js';

const spec: LabSpec = labSpecSchema.parse({
  apiVersion: 'wheelhouse/v1',
  kind: 'Lab',
  id: 'drawn',
  version: '1.0.0',
  title: { en: 'x' },
  locales: ['en'],
  duration: '10m',
  sandbox: { requires: ['netns'] },
  params: {
    net: { default: '10.0.0', draw: { pattern: '10.{0..255}.{0..255}' } },
    count: { default: 4, draw: { int: [3, 6] } },
    'the-word': { default: 'boussole', draw: 'word' },
    secret: { default: 'abc', draw: 'token' },
    fixed: { default: 7 },
  },
  observe: { lm: { 'netns.links': { ns: 'main' } } },
  objectives: [
    {
      id: 'one',
      title: { en: 'x' },
      weight: 1,
      assert: { all: [{ cel: 'lm.size() == lab.count' }, { cel: "lab.net == '${net}'" }] },
    },
  ],
});
const draw = (n: number, avoid: string[] = []) => ({ seed: `seed-${n}`, avoid });
const many = Array.from({ length: 500 }, (_, n) => n);

describe('what is drawn for a run', () => {
  it('is the lab’s own without a draw, and the same for the same seed', () => {
    expect(labValues(spec)).toMatchObject({ net: '10.0.0', count: 4, 'the-word': 'boussole', fixed: 7 });
    expect(labValues(spec, null)).toEqual(labValues(spec));
    expect(labValues(spec, draw(1))).toEqual(labValues(spec, draw(1)));
    expect(labValues(spec, draw(1))['net']).not.toBe(labValues(spec, draw(2))['net']);
  });

  it('stays within what the lab says', () => {
    for (const n of many) {
      const values = labValues(spec, draw(n));
      expect(values['count']).toBeGreaterThanOrEqual(3);
      expect(values['count']).toBeLessThanOrEqual(6);
      expect(String(values['secret'])).toMatch(TOKEN_PATTERN);
      expect(values['fixed']).toBe(7);
    }
  });

  it('meets no network of the machine, nor of this installation', () => {
    const avoid = ['10.128.0.0/9'];
    for (const n of many) {
      const { net } = labValues(spec, draw(n, avoid));
      expect([net, meetsReserved(net, [...RESERVED_NETWORKS, ...avoid])]).toEqual([net, false]);
    }
  });

  it.each([
    ['10.253.7', true],
    ['10.253.7.1', true],
    ['10.252.7', false],
    ['10.240.0.0/12', true],
    ['127.1', true],
    ['169.254.3.4', true],
    ['172.20.1', true],
    ['198.51.100.9', true],
    ['boussole', false],
    ['10.300.1', false],
  ])('knows what %s meets', (value, meets) => {
    expect(meetsReserved(value, RESERVED_NETWORKS)).toBe(meets);
  });

  it('is in the learner’s shell under plain names, but for what is to be found out', () => {
    const env = shellEnv(spec, draw(3));
    expect(Object.keys(env)).toEqual(['net', 'count', 'the_word', 'fixed']);
    expect(secretValues(spec, labValues(spec, draw(3)))).toHaveLength(1);
  });

  it('is blanked in texts where it is to be found out', () => {
    expect(shownValues(spec, draw(3))).toMatchObject({ fixed: 7, secret: '[redacted]' });
  });

  it('costs no second compilation of what no value is in', () => {
    const base = prepareLab(spec);
    const one = prepareLab(spec, draw(4), base);
    expect(one.compile('lm.size() == lab.count')).toBe(base.compile('lm.size() == lab.count'));
    expect(one.objectives[0]!.assert).toMatchObject({
      all: [{}, { cel: `lab.net == '${one.values['net'] as string}'` }],
    });
    const started = performance.now();
    for (const n of many.slice(0, 50)) prepareLab(spec, draw(n), base);
    process.stderr.write(
      `a lab with drawn values is prepared in ${((performance.now() - started) / 50).toFixed(2)} ms\n`,
    );
  });
});
