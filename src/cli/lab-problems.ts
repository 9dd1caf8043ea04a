import path from 'node:path';
import { LabFolderError, readLabFolder, type LabFiles } from '../labs/lab-folder.js';
import { loadLab, type LoadedLab } from '../labs/lab-loader.js';
import type { LabProblem } from '../labs/lab-yaml.js';

export interface CheckedFolder {
  slug: string;
  files: LabFiles;
  lab: LoadedLab;
}

/** A folder as lint sees it: what cannot be read is a problem like any other. */
export async function checkFolder(folder: string): Promise<CheckedFolder> {
  const slug = path.basename(path.resolve(folder));
  try {
    const files = await readLabFolder(folder);
    return { slug, files, lab: loadLab(slug, files) };
  } catch (error) {
    if (!(error instanceof LabFolderError)) throw error;
    return { slug, files: {}, lab: { ok: false, problems: [error.problem] } };
  }
}

/** As compilers print them: `folder/lab.yaml:4:3: error: path: message`. */
export function problemLines(folder: string, problems: readonly LabProblem[]): string[] {
  return problems.map((p) => {
    const where = p.path === '' ? '' : `${p.path}: `;
    return `${path.join(folder, p.file)}:${p.line ?? 1}:${p.column ?? 1}: ${p.level}: ${where}${p.message}`;
  });
}
