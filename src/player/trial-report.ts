import type { Trial, TrialFailure } from './trial.js';
import { seconds } from './trial.js';

/** What an author wants to know of a trial, as lines. */
export function trialReport({ lab, ok, steps, max, failure }: Trial): string[] {
  if (ok)
    return [
      `${lab}: passed: 0 untouched, ${max} of ${max} by its solution, ${seconds(steps.at(-1)?.afterMs ?? 0)}`,
    ];
  return failure ? failureReport(lab, failure) : [`${lab}: failed`];
}

function failureReport(lab: string, failure: TrialFailure): string[] {
  const where = failure.line === null ? '' : `solution.sh:${failure.line}: `;
  const width = Math.max(0, ...failure.objectives.map(({ id }) => id.length));
  const objectives = failure.objectives.map(({ id, state, credited, weight, explanation }) => {
    const why = explanation === null || credited ? '' : `  ${explanation}`;
    return `  ${state.padEnd(9)} ${id.padEnd(width)}  ${credited ? weight : 0} of ${weight}${why}`;
  });
  const terminal = failure.terminal.some((line) => line.trim() !== '')
    ? ['  the terminal ends with:', ...failure.terminal.map((line) => `    | ${line}`)]
    : [];
  return [`${lab}: failed: ${where}${failure.message}`, ...objectives, ...terminal];
}
