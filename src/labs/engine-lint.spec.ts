import { loadLab } from './lab-loader.js';

const text = { en: 'x' };
const LAB = {
  apiVersion: 'wheelhouse/v1',
  kind: 'Lab',
  id: 'net-lint',
  version: '1.0.0',
  title: text,
  locales: ['en'],
  duration: '10m',
  sandbox: { cluster: {}, requires: ['netns', 'kube.logs'] },
  params: { secret: { default: 'abc', draw: 'token' } },
  observe: {
    lm: { 'netns.links': { ns: 'main' } },
    log: { 'kube.logs': { pod: 'web' } },
  },
  lint: { accept: [{ rule: 'tenant-only', reason: 'a test' }] },
};
const first = { id: 'first', title: text, weight: 1, assert: { match: { lm: [{ ifname: 'a' }] } } };
const second = { id: 'second', title: text, weight: 1, assert: { match: { lm: [{ ifname: 'b' }] } } };
const logged = { ...second, assert: { cel: "log.exists(l, l.lines.exists(x, x == 'b'))" } };
const seen = { lm: [{ ifname: 'a' }, { ifname: 'b' }], log: [{ pod: 'web', lines: ['b'] }] };

function problems(objectives: object[], change: object = {}, instructions = 'x'): string[] {
  const ids = objectives.map((o) => (o as { id: string }).id);
  const all = (is: boolean) => Object.fromEntries(ids.map((id) => [id, is]));
  const lab = loadLab('net-lint', {
    'lab.yaml': JSON.stringify({ ...LAB, objectives, ...change }),
    'instructions.en.md': instructions,
    'fixtures/pass-all.json': JSON.stringify({ observations: seen, expect: all(true) }),
    'fixtures/fail-all.json': JSON.stringify({ observations: {}, expect: all(false) }),
  });
  return lab.problems.map(({ rule, path, message }) => `${rule ?? ''} ${path}: ${message}`);
}

describe('what lint says of timing, tries and draws', () => {
  it('finds nothing in a sound use of all of it', () => {
    const whole = {
      ...logged,
      needs: ['first'],
      since: 'first',
      within: { from: 'first', for: '5m' },
      retry: 2,
      hints: [{ when: 'lm.size() > 3', text }],
    };
    expect(problems([first, whole], { feedback: 'on-check' })).toEqual([]);
  });

  it.each<[string, object[], RegExp]>([
    [
      'a moment that no objective has',
      [first, { ...second, within: { from: 'frist', for: '5m' } }],
      /^references objectives\[1\]\.within\.from: "frist" is no objective; there are: unblocked, start, first, second$/,
    ],
    [
      'itself as the moment',
      [{ ...first, within: { from: 'first', for: '5m' } }],
      /^references .*cannot be the objective itself$/,
    ],
    [
      'an objective with the name of a moment',
      [{ ...first, id: 'start' }],
      /^references objectives\[0\]\.id: "start" names a moment/,
    ],
    [
      'a since that may never come',
      [first, { ...logged, since: 'first' }],
      /^references objectives\[1\]\.since: "first" may never come/,
    ],
    [
      'a since that no probe can honour',
      [{ ...first, since: 'unblocked' }],
      /^since objectives\[0\]\.since: only kube\.logs can leave out what was before; "first" reads netns\.links$/,
    ],
    ['a retry of what cannot fail', [{ ...first, retry: 1 }], /^retry .*"first" cannot fail$/],
    [
      'a hint with two conditions',
      [{ ...first, hints: [{ after: '1m', when: 'true', text }] }],
      /a hint has exactly one of after, attempts, when/,
    ],
    [
      'a hint whose condition does not compile',
      [{ ...first, hints: [{ when: 'nothing.size() > 0', text }] }],
      /^cel objectives\[0\]\.hints\[0\]\.when: /,
    ],
    [
      'a title that shows the secret',
      [{ ...first, title: { en: 'Find ${secret}' } }],
      /^secret-text objectives\[0\]\.title: shows "secret"/,
    ],
  ])('finds %s', (_what, objectives, expected) => {
    expect(problems(objectives).filter((line) => expected.test(line))).toHaveLength(1);
  });

  it('finds instructions that show the secret, networks that are reserved, and draws that do not fit', () => {
    expect(problems([first], {}, 'Find ${secret}.')).toContainEqual(expect.stringMatching(/^secret-text /));
    const net = { net: { default: '10.0.0', draw: { pattern: '172.17.{0..9}' } } };
    expect(problems([first], { params: net })).toContainEqual(
      expect.stringMatching(/^draw params\.net\.draw: gives only networks that are reserved/),
    );
    const name = { ns: { default: 'red', draw: { oneOf: ['a b'] } } };
    const observe = { ...LAB.observe, lm: { 'netns.links': { ns: '${ns}' } } };
    expect(problems([first], { params: name, observe })).toContainEqual(
      expect.stringMatching(/^draw params: may draw ns = "a b", with which the lab does not work/),
    );
  });
});
