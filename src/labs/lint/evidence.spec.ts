import type { LabFiles } from '../lab-folder.js';
import { readLabFolder } from '../lab-folder.js';
import { loadLab } from '../lab-loader.js';

const text = { fr: 'x', en: 'x' };
const DEP = {
  'kube.get': { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'web' },
};
const NOTE = { 'host.file': { path: '~/findings/replicas' } };
const LOGS = { 'kube.logs': { pod: 'web' } };
const WEB = { 'http.get': { from: 'node', to: { service: 'default/web' }, port: 80 } };

const seen = { dep: { spec: { replicas: 2 } }, note: { text: '2' }, logs: [{ lines: ['up'] }], web: null };

interface Change {
  assert?: object;
  never?: object;
  observe?: object;
  tripwires?: object[];
}

/** Rules that such a lab of one objective breaks. */
function rules({ observe, tripwires = [], ...objective }: Change): string[] {
  const lab = {
    apiVersion: 'wheelhouse/v1',
    kind: 'Lab',
    id: 'a-lab',
    version: '1.0.0',
    title: text,
    locales: ['fr', 'en'],
    duration: '10m',
    sandbox: { cluster: { nodes: 1 }, requires: ['kube.watch', 'kube.logs'] },
    observe: { dep: DEP, note: NOTE, ...observe },
    tripwires: tripwires.map((t) => ({ id: 'wire', onTrip: 'flag', text, ...t })),
    objectives: [
      { id: 'first', title: text, weight: 1, assert: { match: { dep: { spec: { replicas: 2 } } } } },
      { id: 'it', title: text, weight: 1, needs: ['first'], ...objective },
    ],
  };
  const shown = Object.fromEntries(Object.entries(seen).filter(([name]) => name in lab.observe));
  const files: LabFiles = {
    'lab.yaml': JSON.stringify(lab),
    'instructions.fr.md': 'x',
    'instructions.en.md': 'x',
    'fixtures/pass-all.json': JSON.stringify({
      observations: shown,
      past: { first: shown },
      expect: { first: true, it: true },
    }),
    'fixtures/fail-all.json': JSON.stringify({ observations: {}, expect: { first: false, it: false } }),
  };
  const { problems } = loadLab('a-lab', files);
  return problems.map((p) => (p.level === 'error' ? `error ${p.rule}: ${p.message}` : p.rule!));
}

describe('evidence that is worth something', () => {
  it.each<[string, Change]>([
    ['a fact of the cluster', { assert: { match: { dep: { spec: { replicas: 2 } } } } }],
    ['a note compared with a fact', { assert: { cel: 'note.text == string(dep.spec.replicas)' } }],
    [
      'a note compared with what was a fact earlier',
      { assert: { cel: "note.text == string(past['first'].dep.spec.replicas)" } },
    ],
    ['a condition on watched objects', { assert: { match: { dep: { spec: { replicas: 2 } } } } }],
  ])('is %s', (_, change) => {
    expect(rules(change)).toEqual([]);
  });

  it.each<[string, string, Change]>([
    ['tenant-only', 'a note alone', { assert: { match: { note: { text: '2' } } } }],
    [
      'loose-note',
      'a note that stands beside a fact, but is compared with none',
      {
        assert: { all: [{ match: { dep: { spec: { replicas: 2 } } } }, { match: { note: { text: '2' } } }] },
      },
    ],
    [
      'loose-note',
      'a note in an expression of its own',
      { assert: { all: [{ cel: 'dep.spec.replicas == 2' }, { cel: "note.text.matches('[0-9]+')" }] } },
    ],
    [
      'polled-never',
      'a condition that is polled',
      {
        assert: { match: { dep: { spec: { replicas: 2 } } } },
        never: { match: { note: { text: 'x' } } },
      },
    ],
    [
      'polled-never',
      'a tripwire that is polled',
      {
        assert: { match: { dep: { spec: { replicas: 2 } } } },
        tripwires: [{ never: { match: { note: { text: 'x' } } } }],
      },
    ],
    [
      'http-log',
      'a log in which our own requests stand',
      {
        assert: { cel: "logs[0].lines.exists(l, l == 'up') && dep != null" },
        observe: { logs: LOGS, web: WEB },
      },
    ],
    [
      'mutation',
      'an expression that does not depend on what it reads',
      { assert: { cel: 'dep.spec.replicas == 2 && (note == null || note != null)' } },
    ],
  ])('%s warns of %s', (rule, _, change) => {
    expect(rules(change)).toContain(rule);
  });

  it('credit-lost warns of a step that takes away what it needs', async () => {
    const all = Object.entries(await readLabFolder('labs/k8s-update'));
    // A timeline that plays the whole lab would find it as well.
    const files: LabFiles = Object.fromEntries(all.filter(([name]) => !name.includes('timeline-')));
    const lines = files['lab.yaml']!.split('\n');
    const from = lines.findIndex((line) => line.includes('id: rollout-v2'));
    const at = lines.findIndex((line, i) => i > from && line.includes('latch: true'));
    lines.splice(at, 1);
    const { problems } = loadLab('k8s-update', { ...files, 'lab.yaml': lines.join('\n') });
    expect(problems.map(({ rule, objective, level }) => [rule, objective, level])).toEqual([
      ['credit-lost', 'rollout-v2', 'warning'],
    ]);
  });
});
