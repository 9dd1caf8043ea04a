import type { LabFiles } from '../lab-folder.js';
import { loadLab } from '../lab-loader.js';
import { labView } from '../lab-view.js';

const text = { fr: 'x', en: 'x' };
const SCRIPT = '#!/bin/bash\njq -e ".observations.procs | length > 1"\n';

const LAB = {
  apiVersion: 'wheelhouse/v1',
  kind: 'Lab',
  id: 'scripted',
  version: '1.0.0',
  title: text,
  locales: ['fr', 'en'],
  duration: '10m',
  sandbox: {},
  observe: { procs: { 'host.procs': {} }, note: { 'host.file': { path: '~/note' } } },
  objectives: [
    {
      id: 'two',
      title: text,
      weight: 1,
      assert: { script: { file: 'checks/two.sh', reads: ['procs'] } },
    },
  ],
};
const KEY = 'checks/two.sh(procs)';
const fixture = (ok: boolean) =>
  JSON.stringify({ observations: { procs: [], [KEY]: { ok, text: 'one alone' } }, expect: { two: ok } });

type Lab = typeof LAB & Record<string, unknown>;

function lint(change: (lab: any, files: LabFiles) => void = () => undefined) {
  const lab = structuredClone(LAB) as Lab;
  const files: LabFiles = {
    'instructions.fr.md': 'x',
    'instructions.en.md': 'x',
    'checks/two.sh': SCRIPT,
    'fixtures/pass-all.json': fixture(true),
    'fixtures/fail-two.json': fixture(false),
  };
  change(lab, files);
  return loadLab('scripted', { ...files, 'lab.yaml': JSON.stringify(lab, null, 1) });
}

const messages = (change: (lab: any, files: LabFiles) => void) =>
  lint(change).problems.map((p) => `${p.file} ${p.path} ${p.message}`);

describe('lint of scripts', () => {
  it('finds nothing wrong with one whose results the fixtures state', () => {
    expect(lint().problems).toEqual([]);
  });

  it.each<[string, (lab: any, files: LabFiles) => void, RegExp]>([
    ['that is not there', (_, files) => delete files['checks/two.sh'], /checks\/two\.sh is missing/],
    [
      'without an interpreter',
      (_, files) => (files['checks/two.sh'] = 'exit 0\n'),
      /^checks\/two\.sh.*must begin with a line that names its interpreter/,
    ],
    [
      'that is too large',
      (_, files) => (files['checks/two.sh'] = `#!/bin/sh\n${'#'.repeat(70_000)}`),
      /^checks\/two\.sh.*more than 65536 bytes/,
    ],
    [
      'that reads what is not observed',
      (lab) => (lab.objectives[0].assert.script.reads = ['prox']),
      /assert\.script\.reads "prox" is not in observe; there are: procs, note/,
    ],
    [
      'outside of checks/',
      (lab) => (lab.objectives[0].assert = { script: 'solution.sh' }),
      /must be a file checks\/NAME/,
    ],
    [
      'that leaves the folder',
      (lab) => (lab.objectives[0].assert = { script: 'checks/../../x' }),
      /must be a file checks\/NAME/,
    ],
    [
      'in a never',
      (lab) => (lab.objectives[0].never = { script: 'checks/two.sh' }),
      /objectives\[0\]\.never.*in an objective's assert alone/,
    ],
    [
      'in a tripwire',
      (lab) => (lab.tripwires = [{ id: 'x', never: { script: 'checks/two.sh' }, onTrip: 'flag', text }]),
      /tripwires\[0\]\.never.*in an objective's assert alone/,
    ],
    [
      'that rests on what the learner can make up',
      (lab, files) => {
        lab.objectives[0].assert.script.reads = ['note', 'procs'];
        for (const name of ['fixtures/pass-all.json', 'fixtures/fail-two.json'])
          files[name] = files[name]!.replace(KEY, 'checks/two.sh(note,procs)');
      },
      /rests on script alone/,
    ],
  ])('tells of one %s', (_, change, message) => {
    expect(messages(change).join('\n')).toMatch(message);
  });

  it('does not show learners what a script says or is called', () => {
    const lab = lint();
    if (!lab.ok) throw new Error('does not load');
    expect(JSON.stringify(labView(lab, 'en'))).not.toMatch(/two\.sh|jq/);
  });
});

describe('lint of what processes say of themselves', () => {
  it.each([
    ['a pattern', { match: { procs: [{ own: { pid: true }, comm: 'nginx' }] } }],
    ['an expression', { cel: "procs.exists(p, p.comm == 'nginx')" }],
  ])('warns of comm in %s', (_, assert) => {
    const comm = [{ own: { pid: true }, comm: 'nginx' }];
    const found = messages((lab, files) => {
      lab.objectives[0].assert = assert;
      files['fixtures/pass-all.json'] = JSON.stringify({
        observations: { procs: comm },
        expect: { two: true },
      });
      files['fixtures/fail-two.json'] = JSON.stringify({
        observations: { procs: [] },
        expect: { two: false },
      });
    });
    expect(found.join('\n')).toMatch(/reads comm, a name that any process can give itself/);
  });
});

describe('lint of requires', () => {
  const base = (lab: any): void => {
    lab.objectives[0].assert = { cel: 'procs.size() > 9' };
    lab.objectives.push({
      id: 'more',
      title: text,
      weight: 1,
      requires: ['cgroup'],
      assert: { cel: 'procs.size() > 8' },
    });
  };

  it('lets an objective need one that may be left out', () => {
    const found = messages((lab) => {
      base(lab);
      lab.objectives[0].needs = ['more'];
    });
    expect(found.filter((m) => m.includes('requires'))).toEqual([]);
  });

  it.each<[string, (lab: any) => void]>([
    ['counts its time from it', (lab) => (lab.objectives[0].within = { from: 'more', for: '1m' })],
    ['reads its past', (lab) => (lab.objectives[0].assert = { cel: "past['more'].procs.size() > 1" })],
  ])('tells of one that stays and %s', (_, change) => {
    const found = messages((lab) => {
      base(lab);
      change(lab);
    });
    expect(found.join('\n')).toMatch(/"more", which is left out where cgroup is missing/);
  });

  it('wants the capability of a probe from the sandbox, or from every objective that reads it', () => {
    const wanted = /kube\.runtime|needs sandbox\.requires: \[nft\]/;
    const read = (requires: string[]) =>
      messages((lab) => {
        lab.observe.fw = { 'netns.nft': { ns: 'main' } };
        lab.objectives.push({
          id: 'fire',
          title: text,
          weight: 1,
          requires,
          assert: { match: { fw: [{ table: 'x' }] } },
        });
      }).join('\n');
    expect(read([])).toMatch(wanted);
    expect(read(['nft'])).not.toMatch(wanted);
  });

  it('knows the capabilities', () => {
    const found = messages((lab) => (lab.objectives[0].requires = ['teleport']));
    expect(found.join('\n')).toMatch(/objectives\[0\]\.requires/);
  });
});
