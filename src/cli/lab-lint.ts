import { parseArgs } from 'node:util';
import { type Run, UsageError } from './command.js';
import { checkFolder, problemLines } from './lab-problems.js';

/** One line per problem, as compilers print them; 1 when any lab has an error. */
export const labLint: Run = async (args, { out }) => {
  const { positionals: folders } = parseArgs({ args, allowPositionals: true });
  if (folders.length === 0) throw new UsageError('which folder?');
  let broken = 0;
  for (const folder of folders) {
    const { lab } = await checkFolder(folder);
    for (const line of problemLines(folder, lab.problems)) out(line);
    if (lab.ok) out(`${folder}: sound, digest ${lab.digest.slice(0, 12)}`);
    else broken++;
  }
  return broken === 0 ? 0 : 1;
};
