import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LabFolderError, readLabFolder, type LabFiles } from './lab-folder.js';
import { loadLab } from './lab-loader.js';
import type { LabProblem } from './lab-yaml.js';
import { scaffoldLab } from './scaffold/scaffold.js';

const good = scaffoldLab({ id: 'a-lab', kind: 'network', locales: ['fr', 'en'] });

/** What the loader says of the good lab with one text of a file replaced; the text must be there once. */
function complaints(from: string, to: string, file = 'lab.yaml'): string[] {
  const text = good[file]!;
  if (text.split(from).length !== 2) throw new Error(`${file} does not hold "${from}" once`);
  return told(loadLab('a-lab', { ...good, [file]: text.replace(from, () => to) }).problems);
}

function told(problems: readonly LabProblem[]): string[] {
  return problems.map((p) => `${p.file}:${p.line ?? '?'}:${p.column ?? '?'}: ${p.path}: ${p.message}`);
}

/** Line and column of a text that stands once in lab.yaml, after the change. */
function placeOf(change: [string, string], needle: string): string {
  const text = good['lab.yaml']!.replace(change[0], () => change[1]);
  const before = text.slice(0, text.indexOf(needle)).split('\n');
  return `lab.yaml:${before.length}:${before.at(-1)!.length + 1}: `;
}

describe('a lab with a fault', () => {
  it.each<{ name: string; change: [string, string]; at: string; says: RegExp }>([
    {
      name: 'needs that form a cycle',
      change: ['needs: [namespace]', 'needs: [reached]'],
      at: 'needs: [reached]',
      says: /form a cycle: wired → reached → addressed → wired; take one of these needs away/,
    },
    {
      name: 'a probe that does not exist',
      change: ['netns.list: {}', 'netns.lst: {}'],
      at: 'netns.lst',
      says: /unknown probe netns.lst; known: netns.list, /,
    },
    {
      name: 'a parameter of a probe that is wrong',
      change: ['netns.links: { ns: blue }', 'netns.links: { ns: "no/where" }'],
      at: 'ns: "no/where"',
      says: /netns.links.ns: must be "main" or a namespace name/,
    },
    {
      name: 'an expression of the wrong type',
      change: [`lm.exists(l, l.ifname == 'eth0')`, 'lm.size() + 1'],
      at: 'when: "lm.size() + 1"',
      says: /must be true or false, but is int/,
    },
    {
      name: 'an expression that compares what cannot be compared',
      change: [`lm.exists(l, l.ifname == 'eth0')`, `1 == 'a'`],
      at: `when: "1 == 'a'"`,
      says: /no such overload: int == string in: 1 == 'a'/,
    },
    {
      name: 'an expression over what is not observed',
      change: [`lm.exists(l, l.ifname == 'eth0')`, `links.exists(l, l.ifname == 'eth0')`],
      at: 'when: "links',
      says: /Unknown variable: links/,
    },
    {
      name: 'a locale that is missing',
      change: [
        '{ fr: "La machine joint blue", en: "The machine reaches blue" }',
        '{ fr: "La machine joint blue" }',
      ],
      at: 'title: { fr: "La machine joint blue" }',
      says: /lacks the text in "en"/,
    },
    {
      name: 'a text that is too long',
      change: ['The machine reaches blue', 'x'.repeat(301)],
      at: `en: "${'x'.repeat(301)}"`,
      says: /is longer than 300 characters; shorten it/,
    },
    {
      name: 'a name that no sandbox can be asked for by',
      change: ['id: a-lab', 'id: ab'],
      at: 'id: ab',
      says: /id: must have 3 characters or more/,
    },
    {
      name: 'a field that is missing',
      change: ['    weight: 3\n', ''],
      at: 'id: reached',
      says: /objectives\[3\].weight: is missing; write a number here/,
    },
    {
      name: 'a pattern with an operator that does not exist',
      change: ['received: { $gte: 2 }', 'received: { $least: 2 }'],
      at: 'ping: { received: { $least: 2 }',
      says: /ping.received.\$least: unknown operator; known: \$eq /,
    },
    {
      name: 'a set-up file outside the folder',
      change: ['params: #', 'setup: [{ manifest: ../../etc/passwd }]\nparams: #'],
      at: 'manifest: ../../etc/passwd',
      says: /must be a file setup\/NAME.yaml/,
    },
    {
      name: 'a file of the sandbox that leaves its folder',
      change: ['netns.list: {}', 'host.file: { path: /root/../etc/shadow }'],
      at: 'path: /root/../etc/shadow',
      says: /must not contain \. or \.\./,
    },
    {
      name: 'a key that is given twice',
      change: ['duration: 30m', 'duration: 30m\nduration: 40m'],
      at: 'duration: 40m',
      says: /Map keys must be unique; remove one of the two/,
    },
    {
      name: 'a tab',
      change: ['  - id: namespace', '\t- id: namespace'],
      at: '\t- id: namespace',
      says: /indent with spaces|correct the YAML/i,
    },
    {
      name: 'an assertion of two kinds',
      change: ['assert: { match: { ns:', 'assert: { cel: "true", match: { ns:'],
      at: 'assert: { cel: "true"',
      says: /exactly one of/,
    },
  ])('is told of $name, with the place and what to do', ({ change, at, says }) => {
    const lines = complaints(...change);
    const place = placeOf(change, at);
    expect(lines.filter((line) => says.test(line)).map((line) => line.slice(0, place.length))).toContain(
      place,
    );
  });

  it('is told of a parameter that its pages name and nobody declares', () => {
    const lines = complaints('`${net}.1/24` for', '`${nett}.1/24` for', 'instructions.en.md');
    expect(lines).toEqual([
      expect.stringMatching(
        /^instructions.en.md:17:2: : \$\{nett\} is neither .* declare it in params or vars/,
      ),
    ]);
  });

  it.each([
    ['# expect: 8\n', '# expect: all\n', /^solution.sh:14:1: : "# expect: all" is not understood/],
    ['# expect: 8\n', '# expect: 7\n', /^solution.sh:14:1: : ends with 7 of 8 points; solve the rest/],
    ['# expect: 0\n', '', /^solution.sh:3:1: : begin with "# expect: 0"/],
  ])('is told of a solution that says %j for %j', (from, to, says) => {
    expect(complaints(from, to, 'solution.sh')).toEqual([expect.stringMatching(says)]);
  });

  it.each(['../x.yaml', '/etc/passwd', 'setup//x.yaml', 'setup/./x.yaml', 'a/../../b', 'x\ny'])(
    'is told of a file that is named %j',
    (name) => {
      const { ok, problems } = loadLab('a-lab', { ...good, [name]: 'x' });
      expect(ok).toBe(false);
      expect(told(problems)).toEqual([
        `${JSON.stringify(name).slice(1, -1)}:1:1: : leaves the folder of the lab; name files by their path in it, such as setup/web.yaml`,
      ]);
    },
  );

  it('leaves the shell its own variables, in pages too', () => {
    expect(complaints('`${net}.1/24` for', '`$${HOME}` for', 'instructions.en.md')).toEqual([]);
  });
});

describe('YAML that is meant to do harm', () => {
  // Whatever it would expand to, 9^12 values or calls without end, is more than a test has time and memory for.
  const refused = (text: string): string[] => told(loadLab('a-lab', { ...good, 'lab.yaml': text }).problems);

  it('may not multiply itself by aliases', () => {
    const level = (n: number): string =>
      `a${n}: &a${n} [${Array(9)
        .fill(`*a${n - 1}`)
        .join(', ')}]\n`;
    const bomb = `a0: &a0 [x]\n${Array.from({ length: 12 }, (_, i) => level(i + 1)).join('')}`;
    const lines = refused(bomb);
    expect(lines[0]).toMatch(/^lab.yaml:1:9: : anchors and aliases are not allowed; write the value out$/);
  });

  it.each([
    [
      'has 5 MB of text',
      `title: "${'x'.repeat(5_000_000)}"\n`,
      /^lab.yaml:1:1: : has 50000\d\d characters, at most/,
    ],
    ['is nested too deeply', '['.repeat(20_000), /^lab.yaml:1:1: : is nested too deeply; write it flatter/],
    ['has too many nodes', `a: [${'1,'.repeat(60_000)}1]\n`, /has more than 20000 nodes; split the lab/],
    ['has a tag', 'a: !!js/function "x"\n', /^lab.yaml:1:4: .*the tag|Unresolved tag/],
  ])('is refused when it %s', (_, text, says) => {
    expect(refused(text).join('\n')).toMatch(says);
  });

  it('is refused with its place when it is broken', () => {
    expect(refused('apiVersion: wheelhouse/v1\nlocales: [fr, en\nid: x\n')[0]).toMatch(
      /^lab.yaml:[23]:\d+: : .*; \w+/,
    );
  });
});

describe('a lab folder', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'wh-folder-'));
    writeFileSync(path.join(folder, 'lab.yaml'), 'id: x\n');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const put = (name: string, content: string | Buffer): void => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  };

  it('is read whole, without what is hidden', async () => {
    put('setup/web.yaml', 'a: 1\n');
    put('.git/config', 'x');
    const files: LabFiles = await readLabFolder(folder);
    expect(files).toEqual({ 'lab.yaml': 'id: x\n', 'setup/web.yaml': 'a: 1\n' });
  });

  it.each<[string, () => void, string, RegExp]>([
    [
      'a link to a file',
      () => symlinkSync('/etc/passwd', path.join(folder, 'x.md')),
      'x.md',
      /put its content there/,
    ],
    [
      'a link to a folder',
      () => symlinkSync('/etc', path.join(folder, 'setup')),
      'setup',
      /neither a file nor a folder/,
    ],
    [
      'a FIFO',
      () => execFileSync('mkfifo', [path.join(folder, 'pipe')]),
      'pipe',
      /neither a file nor a folder/,
    ],
    [
      'a text of 5 MB',
      () => put('x.md', 'x'.repeat(5_000_000)),
      'x.md',
      /has 5000000 bytes, at most .* shorten/,
    ],
    [
      'a picture',
      () => put('x.png', Buffer.from([137, 80, 78, 71, 0, 1])),
      'x.png',
      /is no text \(byte 4 is 0\)/,
    ],
    [
      'a text in another encoding',
      () => put('x.md', Buffer.from([0xe9, 0x74, 0xe9])),
      'x.md',
      /is no text in UTF-8/,
    ],
    [
      'too many files',
      () => Array.from({ length: 200 }, (_, i) => put(`fixtures/${i}.json`, '{}')),
      '.',
      /more than 200 files/,
    ],
    [
      'too much in sum',
      () => Array.from({ length: 5 }, (_, i) => put(`${i}.md`, 'x'.repeat(500_000))),
      '.',
      /holds more than 2097152 bytes/,
    ],
    ['folders without end', () => put('a/b/c/d/e/f.md', 'x'), 'a/b/c/d/e', /more than 4 folders deep/],
  ])('is refused with %s, which is named', async (_, spoil, file, says) => {
    spoil();
    const error = await readLabFolder(folder).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(LabFolderError);
    expect((error as LabFolderError).problem).toMatchObject({
      file,
      line: 1,
      message: expect.stringMatching(says),
    });
  });

  it('is asked for when it is not there, or is a file', async () => {
    await expect(readLabFolder(path.join(folder, 'no'))).rejects.toThrow(/does not exist; name the folder/);
    await expect(readLabFolder(path.join(folder, 'lab.yaml'))).rejects.toThrow(/is no folder/);
  });
});
