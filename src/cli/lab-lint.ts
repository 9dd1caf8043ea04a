import { parseArgs } from 'node:util';
import path from 'node:path';
import { readLabFolder } from '../labs/lab-folder.js';
import { loadLab } from '../labs/lab-loader.js';
import { type Run, UsageError } from './command.js';

/** One line per problem, as compilers print them; 1 when any lab has an error. */
export const labLint: Run = async (args, { out }) => {
  const { positionals: folders } = parseArgs({ args, allowPositionals: true });
  if (folders.length === 0) throw new UsageError('which folder?');
  let broken = 0;
  for (const folder of folders) {
    const slug = path.basename(path.resolve(folder));
    const files = await readLabFolder(folder).catch((error: unknown) => {
      out(`${folder}: error: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    });
    const lab = files && loadLab(slug, files);
    for (const p of lab?.problems ?? []) {
      const where = p.path === '' ? '' : `${p.path}: `;
      out(`${path.join(folder, p.file)}:${p.line ?? 1}:${p.column ?? 1}: ${p.level}: ${where}${p.message}`);
    }
    if (lab?.ok) out(`${folder}: sound, digest ${lab.digest.slice(0, 12)}`);
    else broken++;
  }
  return broken === 0 ? 0 : 1;
};
