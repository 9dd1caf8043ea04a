import type { LabFiles } from '../lab-folder.js';
import type { LabSpec } from '../lab-spec.js';
import type { YamlSource } from '../lab-yaml.js';

export interface LintInput {
  /** Name of the folder. */
  slug: string;
  spec: LabSpec;
  files: LabFiles;
  source: YamlSource;
}

export interface Finding {
  rule: string;
  level: 'error' | 'warning';
  file: string;
  path: (string | number)[];
  message: string;
  objective?: string;
  /** Where in `file`, when that is not lab.yaml, whose places are found by the path. */
  place?: { line: number; column: number };
}

export function problem(rule: string, path: (string | number)[], message: string): Finding {
  return { rule, level: 'error', file: 'lab.yaml', path, message };
}
