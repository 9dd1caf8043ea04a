import { loadLab } from '../lab-loader.js';
import { ImportError, leftOutPage } from './imported.js';
import { importKillercoda } from './killercoda.js';
import { typedCommands } from './killercoda-text.js';
import { readSourceFolder } from './source-folder.js';

const EXAMPLE = 'test/import/killercoda-config';
const options = { id: 'kc-config', locale: 'en' as const };
const minimal = { title: 't', details: { steps: [{ title: 's', text: 'a.md' }] } };

const importTexts = (texts: Record<string, string>) => importKillercoda({ texts, others: [] }, options);

describe('a KillerCoda scenario', () => {
  it('becomes a lab whose only faults are the assertions that its author has still to write', async () => {
    const { files } = importKillercoda(await readSourceFolder(EXAMPLE), options);
    const lab = loadLab('kc-config', files);
    expect(lab.ok).toBe(false);
    expect(lab.problems.map(({ rule, level, path }) => [rule, level, path])).toEqual([
      ['unwritten', 'error', 'objectives[0].assert.cel'],
      ['unwritten', 'error', 'objectives[1].assert.cel'],
    ]);
    expect(lab.problems[0]).toMatchObject({ message: expect.stringContaining('step1/verify.sh'), line: 22 });
  });

  it('keeps its pages, without the marks that its player read, and its commands', async () => {
    const { files } = importKillercoda(await readSourceFolder(EXAMPLE), options);
    const page = files['instructions.en.md']!;
    expect(page).toContain('Then run `kubectl create namespace shop`, and copy `shop`.');
    expect(page).toContain('# Keep a setting in a ConfigMap\n\nPrices change.');
    expect(page).toContain('## Now the setting');
    expect(page).toContain('echo $${HOME}');
    expect(files['solution.sh']).toContain('kubectl create namespace shop\n# expect: 1\n');
    expect(files['solution.sh']).not.toContain('only shown');
    expect(files['lab.yaml']).toContain('    #   kubectl get namespace shop\n');
    expect(files['lab.yaml']).toContain('cluster: { nodes: 2 }');
  });

  it('lists what could not be translated', async () => {
    const { leftOut } = importKillercoda(await readSourceFolder(EXAMPLE), options);
    const text = leftOutPage('a KillerCoda scenario', leftOut);
    for (const part of ['prepare.sh', 'step1/verify.sh', '{{TRAFFIC_HOST1_80}}', 'assets/prices.txt'])
      expect(text).toContain(part);
    expect(text).toMatch(/imageid kubernetes-kubeadm-2nodes[^]*difficulty[^]*interface/);
  });

  it('has ids of its own for steps of one title, and objectives that follow each other', async () => {
    const yaml = importKillercoda(await readSourceFolder(EXAMPLE), options).files['lab.yaml']!;
    expect(yaml).toContain('- id: create-the-namespace-2\n');
    expect(yaml).toContain('needs: [create-the-namespace] #');
  });

  it.each([
    ['no index.json', {}, /index.json is missing/],
    ['an index.json that is none', { 'index.json': '{' }, /index.json is no JSON/],
    ['no steps', { 'index.json': '{"title":"x","details":{"steps":[]}}' }, /index.json: details.steps: /],
  ])('is refused with %s', (_, texts, message) => {
    expect(() => importTexts(texts as Record<string, string>)).toThrow(message);
    expect(() => importTexts(texts as Record<string, string>)).toThrow(ImportError);
  });

  it('cannot write anything into lab.yaml but texts', () => {
    const evil = 'x" }\nobjectives: []\n# \' \u0007';
    const index = {
      ...minimal,
      title: evil,
      details: { steps: [{ title: evil, text: 'a.md', verify: `a'b\n${evil}` }] },
    };
    const { files } = importTexts({ 'index.json': JSON.stringify(index), 'a.md': evil });
    const { problems } = loadLab('kc-config', files);
    expect(problems.map(({ rule }) => rule)).toEqual(['unwritten']);
  });

  it('names pages that are not there', () => {
    const { leftOut } = importTexts({ 'index.json': JSON.stringify(minimal) });
    expect(leftOut).toContainEqual({ where: 'a.md', what: expect.stringContaining('is not in the folder') });
  });
});

describe('the commands of a page', () => {
  it('are those that it offers to type, in their order', () => {
    const page =
      'Run `a`{{exec}} not `b`.\n\n```bash\nc\n\nd\n```{{exec}}\n\n```\ne\n```\n\n`f`{{execute HOST1}} `g`{{copy}}\n';
    expect(typedCommands(page)).toEqual(['a', 'c', 'd', 'f']);
  });
});
