import { loadLab } from './lab-loader.js';
import type { LabFiles } from './lab-folder.js';
import type { LabSpec } from './lab-spec.js';
import { labSpecSchema } from './lab-spec.js';
import { SetupError, setupManifests, setupObjects } from './setup-manifests.js';

const text = { fr: 'x', en: 'x' };

const LAB = {
  apiVersion: 'wheelhouse/v1',
  kind: 'Lab',
  id: 'k8s-web',
  version: '1.0.0',
  title: text,
  locales: ['fr', 'en'],
  duration: '10m',
  sandbox: { cluster: { nodes: 1 }, requires: ['kube.watch'] },
  params: { replicas: { default: 2, draw: { int: [2, 4] } }, token: { default: 'abc', draw: 'token' } },
  setup: [{ manifest: 'setup/web.yaml' }],
  preconditions: [{ match: { dep: { status: { readyReplicas: 1 } } } }],
  observe: {
    dep: { 'kube.get': { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'web' } },
  },
  tripwires: [{ id: 'gone', never: { match: { dep: { gone: true } } }, onTrip: 'flag', text }],
  objectives: [
    {
      id: 'scaled',
      title: text,
      weight: 1,
      assert: { match: { dep: { status: { readyReplicas: '${replicas}' } } } },
    },
  ],
};

const WEB =
  'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec: { replicas: "${replicas}" }\n';
const dep = (readyReplicas: number) => ({ dep: { status: { readyReplicas } } });

const FILES: LabFiles = {
  'instructions.fr.md': 'x',
  'instructions.en.md': 'x',
  'setup/web.yaml': WEB,
  'fixtures/start.json': JSON.stringify({ observations: dep(1) }),
  'fixtures/pass-all.json': JSON.stringify({ observations: dep(2), expect: { scaled: true } }),
  'fixtures/fail-scaled.json': JSON.stringify({ observations: dep(1), expect: { scaled: false } }),
};

function problems(change: object = {}, files: Record<string, string | null> = {}): string[] {
  const all = { ...FILES, ...files, 'lab.yaml': JSON.stringify({ ...LAB, ...change }) };
  const given = Object.fromEntries(Object.entries(all).filter(([, content]) => content !== null)) as LabFiles;
  return loadLab('k8s-web', given).problems.map((p) => `${p.level} ${p.file} ${p.path}: ${p.message}`);
}

const observing = (probe: unknown, sandbox: object = LAB.sandbox) => ({
  sandbox,
  observe: { ...LAB.observe, extra: probe },
});

describe('a lab on a cluster', () => {
  it('is sound', () => {
    expect(problems()).toEqual([]);
  });

  it.each([
    [
      'a cluster probe without a cluster',
      observing({ 'kube.api': { path: '/livez' } }, {}),
      /kube.api needs sandbox.cluster/,
    ],
    [
      'a request to a pod without a cluster',
      observing({ 'http.get': { from: 'main', to: { service: 'a/b' }, port: 80 } }, {}),
      /http.get needs sandbox.cluster/,
    ],
    [
      'logs without the capability',
      observing({ 'kube.logs': { pod: 'x' } }),
      /kube.logs needs sandbox.requires/,
    ],
    ['a probe that does not exist', observing({ 'kube.delete': {} }), /unknown probe kube.delete/],
    [
      'a parameter that does not exist',
      observing({ 'kube.api': { path: '/livez', verb: 'get' } }),
      /Unrecognized key/,
    ],
    [
      'a pod and an owner at once',
      observing({ 'kube.logs': { pod: 'x', ownedBy: { kind: 'Deployment', name: 'y' } } }),
      /either a pod or ownedBy/,
    ],
    [
      'a name that leaves its place',
      observing({ 'kube.get': { apiVersion: 'v1', kind: 'Pod', name: '../x' } }),
      /name of a Kubernetes object/,
    ],
    ['a path that leaves the lab host', observing({ 'host.file': { path: '/a/../b' } }), /must not contain/],
    ['set-up without a cluster', { sandbox: { requires: ['kube.watch'] } }, /needs sandbox.cluster/],
    [
      'a tripwire that fails nothing of the lab',
      { tripwires: [{ ...LAB.tripwires[0], onTrip: { fail: ['nobody'] } }] },
      /"nobody" is no objective/,
    ],
    [
      'a tripwire that reads nothing of the lab',
      { tripwires: [{ ...LAB.tripwires[0], never: { match: { no: 1 } } }] },
      /"no" is not in observe/,
    ],
    ['a precondition that reads nothing of the lab', { preconditions: [{ cel: 'nope == 1' }] }, /nope/],
    [
      'a precondition that the start does not fulfil',
      { preconditions: [{ match: { dep: { status: { readyReplicas: 3 } } } }] },
      /does not hold on fixtures\/start.json/,
    ],
    [
      'a tripwire that the start trips',
      { tripwires: [{ ...LAB.tripwires[0], never: { match: { dep: { status: { readyReplicas: 1 } } } } }] },
      /trips on fixtures\/start.json/,
    ],
    [
      'an objective that holds on the untouched start',
      {
        objectives: [
          { ...LAB.objectives[0], assert: { match: { dep: { status: { readyReplicas: { $gte: 1 } } } } } },
        ],
      },
      /holds on an untouched sandbox/,
    ],
  ])('is refused with %s', (_, change, message) => {
    expect(
      problems(change)
        .filter((p) => p.startsWith('error'))
        .join('\n'),
    ).toMatch(message);
  });

  it.each([
    ['is missing', null, /setup\/web.yaml is missing/],
    ['is no YAML', 'a: [', /setup\/web.yaml/],
    ['holds nothing', '# nothing\n', /holds no manifest/],
    ['is no manifest', 'kind: Deployment\n', /is no manifest/],
    ['has an alias', 'apiVersion: v1\nkind: A\nmetadata: &m { name: x }\nspec: *m\n', /anchors and aliases/],
    ['names an unknown parameter', WEB.replace('replicas}', 'copies}'), /neither a parameter nor a variable/],
  ])('is refused when its set-up %s', (_, content, message) => {
    const found = problems({}, { 'setup/web.yaml': content });
    expect(found.filter((p) => p.startsWith('error')).join('\n')).toMatch(message);
  });

  it('is warned of without a picture of its start', () => {
    expect(problems({}, { 'fixtures/start.json': null }).join('\n')).toMatch(
      /warning .* has no fixtures\/start.json/,
    );
  });

  it('is warned of evidence that the learner can make up, and of a condition that is only polled', () => {
    const note = { 'host.file': { path: '~/note' } };
    const only = [{ ...LAB.objectives[0], assert: { match: { extra: { text: '2' } } } }];
    expect(problems({ ...observing(note), objectives: only }).join('\n')).toMatch(/rests on host.file alone/);
    const polled = [{ ...LAB.objectives[0], never: { match: { extra: { text: 'x' } } } }];
    expect(problems({ ...observing(note), objectives: polled }).join('\n')).toMatch(/which is polled/);
  });
});

describe('a name of an observation', () => {
  it.each(['map', 'int', 'list', 'in', 'true', 'null', 'lab', 'sandbox'])('may not be %s', (name) => {
    const found = problems({ observe: { ...LAB.observe, [name]: { 'kube.api': { path: '/livez' } } } });
    expect(found.join('\n')).toMatch(/is a reserved name/);
  });
});

describe('the set-up of a lab', () => {
  const spec = (): LabSpec => labSpecSchema.parse(LAB);

  it('has the values of the run put in, each with its type', () => {
    const [yaml] = setupManifests(spec(), FILES);
    expect(setupObjects('x', yaml!, {})).toMatchObject([{ kind: 'Deployment', spec: { replicas: 2 } }]);
    const secret =
      'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { is: "it is ${token}" }\n';
    expect(setupObjects('x', `${WEB}---\n${secret}`, { replicas: 3, token: 't' })).toMatchObject([
      { spec: { replicas: 3 } },
      { stringData: { is: 'it is t' } },
    ]);
  });

  it('cannot be changed in its structure by a value', () => {
    const values = { replicas: '1 }\nkind: Evil' };
    expect(setupObjects('x', WEB, values)).toMatchObject([
      { kind: 'Deployment', spec: { replicas: values.replicas } },
    ]);
  });

  it('names the file that is at fault', () => {
    expect(() => setupManifests(spec(), {})).toThrow(SetupError);
    expect(() => setupManifests(spec(), {})).toThrow('setup/web.yaml: is missing');
  });
});
