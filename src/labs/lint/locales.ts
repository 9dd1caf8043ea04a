import type { Localized } from '../text-spec.js';
import { problem, type Finding, type LintInput } from './finding.js';

/** Every text in every locale, and instructions for each. */
export function localeFindings({ spec, files }: LintInput): Finding[] {
  const findings: Finding[] = [];
  const complete = (text: Localized | undefined, path: (string | number)[]): void => {
    if (!text) return;
    for (const locale of spec.locales) {
      if (text[locale] === undefined)
        findings.push(problem('locales', path, `lacks the text in "${locale}"`));
    }
  };
  complete(spec.title, ['title']);
  complete(spec.summary, ['summary']);
  spec.objectives.forEach((objective, i) => {
    const at = ['objectives', i];
    complete(objective.title, [...at, 'title']);
    objective.hints.forEach((hint, j) => complete(hint.text, [...at, 'hints', j, 'text']));
    objective.explain.forEach((explain, j) => complete(explain.text, [...at, 'explain', j, 'text']));
  });
  spec.tripwires.forEach((tripwire, i) => complete(tripwire.text, ['tripwires', i, 'text']));
  for (const locale of spec.locales) {
    const file = `instructions.${locale}.md`;
    if (files[file] === undefined) findings.push({ ...problem('locales', [], `${file} is missing`), file });
  }
  return findings;
}
