/** What is done with a line of solution.sh; `line` counts from 1. */
export type SolutionStep =
  | { kind: 'type'; line: number; text: string }
  /** Typed, and ended by ctrl-c once it has shown four replies of a ping. */
  | { kind: 'interrupt'; line: number; text: string }
  /** The points that are due here, once the lines above have taken effect. */
  | { kind: 'expect'; line: number; points: number };

export class SolutionError extends Error {
  constructor(
    readonly line: number,
    readonly what: string,
  ) {
    super(`solution.sh:${line}: ${what}`);
  }
}

const EXPECT = /^#\s*expect\b/;
const PRESS = /^#\s*press\b/;

/**
 * The reference transcript of a lab: lines as typed by a learner, `# expect: 9` for the points due at that place,
 * `# press: ctrl-c` behind a ping that does not end by itself; other comments are for readers. Throws SolutionError.
 */
export function parseSolution(text: string): SolutionStep[] {
  const lines = text.replaceAll('\r\n', '\n').trimEnd().split('\n');
  const steps = lines.flatMap((line, i) => stepOf(line, i + 1, lines[i + 1]));
  if (!steps.some(({ kind }) => kind === 'expect'))
    throw new SolutionError(1, 'states no points; write "# expect: N" behind the lines that earn them');
  return steps;
}

function stepOf(text: string, line: number, next: string | undefined): SolutionStep[] {
  if (EXPECT.test(text)) {
    const due = /^# expect: (\d{1,5}(?:\.\d{1,4})?)$/.exec(text.trimEnd());
    if (!due) throw new SolutionError(line, `"${text}" is not understood; write "# expect: N", N in points`);
    return [{ kind: 'expect', line, points: Number(due[1]) }];
  }
  if (PRESS.test(text)) {
    if (text.trimEnd() !== '# press: ctrl-c')
      throw new SolutionError(line, `"${text}" is not understood; there is "# press: ctrl-c"`);
    return [];
  }
  if (text.startsWith('#') || text.trim() === '') return [];
  const kind = next !== undefined && PRESS.test(next) ? 'interrupt' : 'type';
  return [{ kind, line, text }];
}
