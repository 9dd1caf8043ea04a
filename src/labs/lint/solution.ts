import { parseSolution, SolutionError, type SolutionStep } from '../solution.js';
import type { Finding, LintInput } from './finding.js';

const FILE = 'solution.sh';

/** A solution, where there is one, is understood, begins with nothing and ends with everything. */
export function solutionFindings({ spec, files }: LintInput): Finding[] {
  const text = files[FILE];
  if (text === undefined) return [];
  let steps: SolutionStep[];
  try {
    steps = parseSolution(text);
  } catch (error) {
    if (!(error instanceof SolutionError)) throw error;
    return [finding('error', error.line, error.what)];
  }
  const due = steps.filter((step) => step.kind === 'expect');
  const max = spec.objectives.reduce((sum, { weight, bonus }) => sum + (bonus ? 0 : weight), 0);
  const last = due.at(-1)!;
  const findings: Finding[] = [];
  const first = steps[0]!;
  if (first.kind !== 'expect' || first.points !== 0)
    findings.push(finding('warning', first.line, 'begin with "# expect: 0": nothing was done yet'));
  if (last.points < max)
    findings.push(finding('warning', last.line, `ends with ${last.points} of ${max} points; solve the rest`));
  return findings;
}

function finding(level: Finding['level'], line: number, message: string): Finding {
  return { rule: 'solution', level, file: FILE, path: [], message, place: { line, column: 1 } };
}
