import path from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../config/root.js';
import { ScaffoldError, scaffoldLab } from '../labs/scaffold/scaffold.js';
import { writeNewLab } from '../labs/scaffold/write-lab.js';
import { type Run, UsageError } from './command.js';

/** A lab to begin with; 2 when there is something in its place. */
export const labNew: Run = async (args, { cwd, out }) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      kind: { type: 'string', default: 'network' },
      locales: { type: 'string', default: 'fr,en' },
    },
  });
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0) throw new UsageError('name one folder');
  const target = path.resolve(cwd, folder);
  try {
    const files = scaffoldLab({
      id: path.basename(target),
      kind: values.kind,
      locales: values.locales.split(',').map((name) => name.trim()),
      schema: schemaFrom(target),
    });
    await writeNewLab(target, files);
    for (const name of Object.keys(files)) out(path.join(folder, name));
  } catch (error) {
    throw error instanceof ScaffoldError ? new UsageError(error.message) : error;
  }
  out(`next: wheelhouse lab lint ${folder}; wheelhouse lab test ${folder}`);
  return 0;
};

/** Relative, so that a lab beside the installation keeps its line when both move. */
export function schemaFrom(folder: string): string {
  return path.relative(folder, path.join(ROOT, 'schemas/lab.schema.json'));
}
