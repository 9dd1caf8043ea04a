import path from 'node:path';
import type { LabFiles } from '../labs/lab-folder.js';
import type { LabSpec } from '../labs/lab-spec.js';
import { parseSolution, type SolutionStep } from '../labs/solution.js';
import { checkFolder, problemLines } from './lab-problems.js';

export interface ReadyLab {
  slug: string;
  files: LabFiles;
  spec: LabSpec;
  steps: SolutionStep[];
}

/** A lab that can be tried, or lines that say why not; warnings come either way. */
export async function readForTrial(folder: string): Promise<{ lab?: ReadyLab; lines: string[] }> {
  const { slug, files, lab } = await checkFolder(folder);
  const lines = problemLines(folder, lab.problems);
  if (!lab.ok) return { lines };
  const solution = files['solution.sh'];
  const file = path.join(folder, 'solution.sh');
  if (solution === undefined)
    return { lines: [...lines, `${file}:1:1: error: is missing; it holds the lines that solve the lab`] };
  return { lines, lab: { slug, files, spec: lab.spec, steps: parseSolution(solution) } };
}
