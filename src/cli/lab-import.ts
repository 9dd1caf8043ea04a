import path from 'node:path';
import { parseArgs } from 'node:util';
import { ImportError, leftOutPage, type Imported, type ImportOptions } from '../labs/import/imported.js';
import { importKathara } from '../labs/import/kathara.js';
import { importKillercoda } from '../labs/import/killercoda.js';
import { readSourceFolder, type SourceFolder } from '../labs/import/source-folder.js';
import { localesOf, ScaffoldError } from '../labs/scaffold/scaffold.js';
import { writeNewLab } from '../labs/scaffold/write-lab.js';
import { type Run, UsageError } from './command.js';
import { schemaFrom } from './lab-new.js';

const FORMATS: Record<string, { from: string; run: (source: SourceFolder, o: ImportOptions) => Imported }> = {
  killercoda: { from: 'a KillerCoda scenario', run: importKillercoda },
  kathara: { from: 'a Kathará lab', run: importKathara },
};

/** A lab from the folder of another product, and the list of what could not be translated. */
export const labImport: Run = async (args, { cwd, out }) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { locale: { type: 'string', default: 'en' } },
  });
  const [name = '', folder, target, ...more] = positionals;
  const format = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
  if (!format) throw new UsageError(`no such format: ${name}. There are: ${Object.keys(FORMATS).join(', ')}`);
  if (folder === undefined || target === undefined || more.length > 0)
    throw new UsageError('name the folder to read and the one to write');
  const absolute = path.resolve(cwd, target);
  try {
    const id = path.basename(absolute);
    if (!/^[a-z][a-z0-9-]{2,47}$/.test(id))
      throw new UsageError(
        `"${id}" cannot be the name of a lab: use 3 to 48 of a-z, 0-9 and -, a letter first`,
      );
    const source = await readSourceFolder(path.resolve(cwd, folder));
    const locale = localesOf([values.locale])[0]!;
    const { files, leftOut } = format.run(source, { id, locale, schema: schemaFrom(absolute) });
    await writeNewLab(absolute, { ...files, 'IMPORT.md': leftOutPage(format.from, leftOut) });
    for (const file of Object.keys(files)) out(path.join(target, file));
    for (const { where, what } of leftOut) out(`not translated: ${where}: ${what}`);
    out(`next: wheelhouse lab lint ${target}; the list above is in ${path.join(target, 'IMPORT.md')}`);
    return 0;
  } catch (error) {
    if (error instanceof ImportError) throw new Error(`${folder}: ${error.message}`, { cause: error });
    throw error instanceof ScaffoldError ? new UsageError(error.message) : error;
  }
};
