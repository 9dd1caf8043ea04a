import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { LabFiles } from '../lab-folder.js';
import { ScaffoldError } from './scaffold.js';

/** Writes a lab to a folder that is not there yet, or is empty; never over anything. Rejects with ScaffoldError. */
export async function writeNewLab(folder: string, files: LabFiles): Promise<void> {
  const there = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new ScaffoldError(`${folder} cannot be made (${error.code}); choose another folder`);
  });
  if (there.length > 0)
    throw new ScaffoldError(`${folder} is not empty, and nothing is overwritten; choose another folder`);
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text, { flag: 'wx' });
  }
}
