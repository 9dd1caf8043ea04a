import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const FOLDER = 'test/privileged';
const COUNT = 18;

/** Titles of cases and of groups of cases, `attack 7: ...`. */
function titles(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.startsWith('attacks-'))
    .flatMap((name) => readFileSync(path.join(FOLDER, name), 'utf8').match(/['"`]attack \d+: [^\n]*/g) ?? []);
}

describe('the attacks that grading must withstand', () => {
  it('have a case each, and are listed in the documentation', () => {
    const numbers = titles().map((title) => Number(/\d+/.exec(title)![0]));
    const all = Array.from({ length: COUNT }, (_, i) => i + 1);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(all);
    const rows = readFileSync('docs/grading-attacks.md', 'utf8').match(/^\| (\d+) \|/gm) ?? [];
    expect(rows.map((row) => Number(/\d+/.exec(row)![0]))).toEqual(all);
  });
});
