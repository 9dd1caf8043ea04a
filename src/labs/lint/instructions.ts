import { unknownParameters } from '../interpolate.js';
import { labValues } from '../params.js';
import { problem, type Finding, type LintInput } from './finding.js';

/** The pages that learners read name known values only: an unknown one would leave them without a page. */
export function instructionFindings({ spec, files }: LintInput): Finding[] {
  const values = labValues(spec);
  return spec.locales.flatMap((locale) => {
    const file = `instructions.${locale}.md`;
    const text = files[file] ?? '';
    return unknownParameters(text, values).map(({ name, at }): Finding => {
      const message =
        `\${${name}} is neither a parameter nor a variable of the lab; ` +
        `declare it in params or vars, or write $\${${name}} for the shell's own`;
      return { ...problem('params', [], message), file, place: placeOf(text, at) };
    });
  });
}

function placeOf(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}
