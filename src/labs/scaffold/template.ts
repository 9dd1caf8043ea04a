import type { LabFiles } from '../lab-folder.js';
import type { Locale } from '../text-spec.js';

/** A sentence in every locale that labs can have. */
export type Sentence = Record<Locale, string>;

export interface TemplateInput {
  id: string;
  locales: readonly Locale[];
  /** The line that tells editors of the schema, or nothing. */
  schemaLine: string;
}

export type Template = (input: TemplateInput) => LabFiles;

/** `{ fr: "…", en: "…" }` with the locales of the lab, as it stands in lab.yaml. */
export function flow(sentence: Sentence, locales: readonly Locale[]): string {
  return `{ ${locales.map((locale) => `${locale}: ${JSON.stringify(sentence[locale])}`).join(', ')} }`;
}

export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}

/** Comments on what every lab has. */
export const HEAD_COMMENT = `# This is the whole lab: what a sandbox has, what is looked at, what the learner must bring about.
#   wheelhouse lab lint <this folder>   says what is wrong, with line and column
#   wheelhouse lab test <this folder>   types solution.sh into a real sandbox and checks the points
# docs/authoring.md explains the fields, docs/cookbook.md has an example of every probe and operator.`;
