import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseSolution } from '../solution.js';
import { loadLab } from '../lab-loader.js';
import { labView } from '../lab-view.js';
import { ScaffoldError, scaffoldLab } from './scaffold.js';
import { writeNewLab } from './write-lab.js';

const KINDS = ['network', 'kubernetes'];

describe.each(KINDS)('a new lab of the kind %s', (kind) => {
  it.each([[['fr', 'en']], [['en']], [['fr']]])('is sound, without a warning, in %j', (locales) => {
    const files = scaffoldLab({ id: 'a-lab', kind, locales, schema: '../x.json' });
    const lab = loadLab('a-lab', files);
    expect(lab.problems).toEqual([]);
    if (!lab.ok) throw new Error('does not load');
    expect(lab.spec.locales).toEqual(locales);
    expect(files['lab.yaml']).toMatch(/^# yaml-language-server: \$schema=\.\.\/x\.json\n/);
    for (const locale of locales)
      expect(labView(lab, locale).instructionsHtml).toContain(`<h1>${lab.spec.title[locale as 'fr']}</h1>`);
  });

  it('has a solution that states all of its points at the end', () => {
    const files = scaffoldLab({ id: 'a-lab', kind, locales: ['en'] });
    const lab = loadLab('a-lab', files);
    if (!lab.ok) throw new Error('does not load');
    const due = parseSolution(files['solution.sh']!).filter((step) => step.kind === 'expect');
    const max = lab.spec.objectives.reduce((sum, { weight }) => sum + weight, 0);
    expect([due[0]!.points, due.at(-1)!.points]).toEqual([0, max]);
  });
});

describe('a new lab', () => {
  it.each([
    ['a name that no lab may have', { id: 'My Lab', kind: 'network', locales: ['en'] }, /3 to 48 of a-z/],
    [
      'a kind that does not exist',
      { id: 'lab', kind: 'toString', locales: ['en'] },
      /There are: network, kubernetes/,
    ],
    ['a locale that does not exist', { id: 'lab', kind: 'network', locales: ['de'] }, /There are: fr, en/],
  ])('is refused with %s', (_, options, message) => {
    expect(() => scaffoldLab(options)).toThrow(message);
    expect(() => scaffoldLab(options)).toThrow(ScaffoldError);
  });

  it('is written to an empty folder, and never over anything', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'wh-scaffold-'));
    try {
      await writeNewLab(path.join(folder, 'new/lab'), { 'lab.yaml': 'a', 'fixtures/x.json': 'b' });
      expect(readFileSync(path.join(folder, 'new/lab/fixtures/x.json'), 'utf8')).toBe('b');
      await expect(writeNewLab(path.join(folder, 'new'), {})).rejects.toThrow(/is not empty/);
      writeFileSync(path.join(folder, 'file'), '');
      await expect(writeNewLab(path.join(folder, 'file'), {})).rejects.toThrow(ScaffoldError);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
