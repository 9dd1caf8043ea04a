import { readLabFolder, type LabFiles } from './lab-folder.js';
import { loadLab } from './lab-loader.js';

const SLUG = 'net-ovs-two-namespaces';
let good: LabFiles;

beforeAll(async () => {
  good = await readLabFolder(`labs/${SLUG}`);
});

/** The good lab with one text of its lab.yaml replaced; the text must be there. */
function changed(from: string, to: string): LabFiles {
  const text = good['lab.yaml']!;
  if (!text.includes(from)) throw new Error(`lab.yaml does not contain ${from}`);
  return { ...good, 'lab.yaml': text.replace(from, to) };
}

describe('the lab loader', () => {
  it.each<[string, string, string, RegExp]>([
    ['an unknown key', 'passMark: 0.8', 'passMark: 0.8\npassmark: 1', /unknown key "passmark"/],
    ['broken YAML', 'locales: [fr, en]', 'locales: [fr, en', /./],
    ['a tag', 'duration: 45m', 'duration: !!js/function 45m', /tag/],
    ['an alias', 'summary:', 'x: &a 1\ny: *a\nsummary:', /alias/],
    ['a wrong duration', 'duration: 45m', 'duration: 45 minutes', /duration/],
    [
      'a missing locale',
      '{ fr: red joint green, en: red reaches green }',
      '{ fr: red joint green }',
      /lacks the text in "en"/,
    ],
    ['an unknown need', 'needs: [bridge]', 'needs: [brigde]', /"brigde" is no objective/],
    ['a cycle of needs', 'needs: [bridge]', 'needs: [ping-red-green]', /cycle/],
    ['an unknown probe', 'ns: { netns.list: {} }', 'ns: { netns.lst: {} }', /unknown probe netns\.lst/],
    [
      'a wrong parameter',
      '{ netns.links: { ns: main } }',
      '{ netns.links: { ns: ../x } }',
      /netns\.links\.ns/,
    ],
    [
      'a probe without its capability',
      'requires: [netns, ovs]',
      'requires: [netns]',
      /needs sandbox\.requires: \[ovs\]/,
    ],
    [
      'an unknown observation',
      'match: { ovs: [{ name: ovs1 }]',
      'match: { ofs: [{ name: ovs1 }]',
      /"ofs" is not in observe/,
    ],
    [
      'an unknown parameter',
      'dst: "${net}.0/24", dev: eth0-r',
      'dst: "${nett}.0/24", dev: eth0-r',
      /\$\{nett\}/,
    ],
    ['an unknown operator', '{ $gte: 2 }', '{ $atLeast: 2 }', /unknown operator/],
    ['a CEL name that does not exist', 'ns.filter(', 'nss.filter(', /Unknown variable: nss/],
    ['a CEL syntax error', 'distinct(ns', 'distinct((ns', /./],
    ['an id twice', 'id: bridge', 'id: namespaces', /used twice/],
    ['an id other than the folder', `id: ${SLUG}`, 'id: other-lab', /the folder is/],
    [
      'an assertion of two kinds',
      '- cel: "distinct',
      '- match: { ns: [] }\n          cel: "distinct',
      /exactly one of/,
    ],
    [
      'something true on an untouched sandbox',
      'needs: [addr-red, addr-green]',
      'needs: []',
      /untouched sandbox/,
    ],
    [
      'an assertion that its fixtures contradict',
      'prefixlen: 24 }]',
      'prefixlen: 25 }]',
      /should be true, but is false/,
    ],
  ])('reports %s with its place', (_name, from, to, message) => {
    const lab = loadLab(SLUG, changed(from, to));
    expect(lab.ok).toBe(false);
    const found = lab.problems.filter(
      (p) => p.level === 'error' && (message.test(p.message) || message.test(`${p.path} ${p.message}`)),
    );
    expect(found.map((p) => p.message)).not.toEqual([]);
    if (found[0]!.file === 'lab.yaml') expect(found[0]!.line).toBeGreaterThan(0);
  });

  it('names the line of an unknown key', () => {
    const lab = loadLab(SLUG, changed('    weight: 2\n', '    weight: 2\n    wieght: 3\n'));
    const text = good['lab.yaml']!.split('\n');
    const line = text.indexOf('    weight: 2') + 2;
    expect(lab.problems[0]).toMatchObject({ file: 'lab.yaml', line, path: 'objectives[0].wieght' });
  });

  it('notices an assertion on a value that no verdict depends on', () => {
    const files = { ...good };
    const lab = changed(
      '$gte: 2 }\n          witness: { ifname: eth0-g',
      '$exists: true }\n          witness: { ifname: eth0-g',
    );
    const loaded = loadLab(SLUG, { ...files, ...lab });
    const warnings = loaded.problems.filter((p) => p.rule === 'mutation');
    expect(warnings.map((p) => p.objective)).toContain('ping-red-green');
  });

  it('asks for instructions and fixtures', () => {
    const { 'instructions.en.md': _instructions, 'fixtures/fail-bridge.json': _fixture, ...rest } = good;
    const messages = loadLab(SLUG, rest).problems.map((p) => p.message);
    expect(messages).toContain('instructions.en.md is missing');
    const fixture = Object.fromEntries(
      Object.entries(good).filter(([name]) => name !== 'fixtures/fail-bridge.json'),
    );
    expect(
      loadLab(SLUG, fixture)
        .problems.map((p) => p.message)
        .join(),
    ).toMatch(/no fixture fails "bridge"/);
  });

  it('does not throw, whatever lab.yaml holds', () => {
    for (const text of [
      '',
      '[]',
      '42',
      'a: b',
      '---\n---\n',
      '\u0000',
      `${'['.repeat(5000)}`,
      'a: '.repeat(300),
    ]) {
      expect(loadLab(SLUG, { 'lab.yaml': text }).ok).toBe(false);
    }
    expect(loadLab(SLUG, {}).ok).toBe(false);
  });
});
