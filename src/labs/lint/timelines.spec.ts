import path from 'node:path';
import { readLabFolder, type LabFiles } from '../lab-folder.js';
import { loadLab } from '../lab-loader.js';

const SLUG = 'net-ovs-two-namespaces';
const FILE = 'fixtures/timeline-test.jsonl';
let files: LabFiles;

beforeAll(async () => {
  files = await readLabFolder(path.resolve('labs', SLUG));
});

/** `line:column message` of each problem with the timeline. */
function problemsOf(lines: readonly unknown[]): string[] {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  const { problems } = loadLab(SLUG, { ...files, [FILE]: text });
  return problems
    .filter(({ rule }) => rule === 'timelines')
    .map(({ file, line, message }) => `${file}:${line} ${message}`);
}

const bad = (line: number, message: string): string[] => [
  expect.stringContaining(`${FILE}:${line} ${message}`),
];

describe('a timeline of a lab', () => {
  it('is folded as a run is: holds, lapses, faults and probes that are asked only when it is their turn', () => {
    expect(
      problemsOf([
        { t: 1, observe: 'pass-all' },
        { t: 1, expectState: { 'ping-red-green': 'passed' } },
        { t: 5, observe: { lm: [] } },
        { t: 5.4, expectState: { 'up-red': 'passed' } },
        { t: 5.6, expectState: { 'up-red': 'regressed', namespaces: 'passed' } },
        { t: 6, observe: { lm: { $fault: { cause: 'tenant', code: 'refused' } } } },
        { t: 20, tick: true },
        { t: 20, expectState: { 'up-red': 'regressed' } },
        { t: 21, observe: { ns: { $fault: { cause: 'platform', code: 'timeout' } } } },
        { t: 27, newline: true },
        { t: 27, expectState: { namespaces: 'error' } },
      ]),
    ).toEqual([]);
  });

  it('that expects another state says which is there, and in what line', () => {
    expect(
      problemsOf([
        { t: 1, observe: 'pass-all' },
        { t: 2, expectState: { bridge: 'pending', namespaces: 'passed' } },
        { t: 3, expectState: { nothing: 'passed' } },
      ]),
    ).toEqual([
      ...bad(2, '"bridge" should be pending, but is passed'),
      ...bad(3, '"nothing" is no objective'),
    ]);
  });

  it.each<[string, unknown[], string[]]>([
    ['is no JSON', ['{"t": 1'], bad(1, '')],
    ['says two things', [{ t: 1, tick: true, newline: true }], bad(1, 'says exactly one of')],
    ['says nothing', [{ t: 1 }], bad(1, 'says exactly one of')],
    ['has a key that there is not', [{ t: 1, tic: true }], bad(1, 'Unrecognized key')],
    [
      'goes back in time',
      [
        { t: 2, tick: true },
        { t: 1, expectState: { bridge: 'pending' } },
      ],
      bad(2, 't is 1'),
    ],
    ['expects nothing', [{ t: 1, tick: true }], bad(1, 'expects nothing')],
    [
      'observes what the lab does not',
      [
        { t: 1, observe: { x: 1 } },
        { t: 2, expectState: {} },
      ],
      bad(1, 'not in observe: x'),
    ],
    [
      'names no fixture',
      [
        { t: 1, observe: 'none' },
        { t: 2, expectState: {} },
      ],
      bad(1, 'there is no sound'),
    ],
    [
      'is too long',
      Array.from({ length: 501 }, () => ({ t: 1, expectState: {} })),
      bad(1, 'has more than 500 lines'),
    ],
  ])('that %s is refused with its line', (_what, lines, expected) => {
    expect(problemsOf(lines)).toEqual(expected);
  });
});
