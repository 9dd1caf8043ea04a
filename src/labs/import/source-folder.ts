import { lstat, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { LabFiles } from '../lab-folder.js';
import { ImportError } from './imported.js';

const MAX_ENTRIES = 1000;
const MAX_TEXT = 256 * 1024;

/** What a folder of another product holds: its texts, and the names of all that is none or was not read. */
export interface SourceFolder {
  texts: LabFiles;
  others: string[];
}

/** Follows no link, so that nothing beside the folder is read. Rejects with ImportError. */
export async function readSourceFolder(folder: string): Promise<SourceFolder> {
  const texts: LabFiles = {};
  const others: string[] = [];
  let entries = 0;
  const walk = async (relative: string): Promise<void> => {
    const names = await readdir(path.join(folder, relative)).catch((error: NodeJS.ErrnoException) => {
      throw new ImportError(`${path.join(folder, relative)} cannot be read (${error.code}); name a folder`);
    });
    for (const name of names.filter((n) => !n.startsWith('.')).sort()) {
      if (++entries > MAX_ENTRIES)
        throw new ImportError(`${folder} holds more than ${MAX_ENTRIES} files; name the folder of one lab`);
      const inner = relative === '' ? name : `${relative}/${name}`;
      const info = await lstat(path.join(folder, inner));
      if (info.isDirectory()) await walk(inner);
      else if (info.isFile() && info.size <= MAX_TEXT) await take(inner);
      else others.push(inner);
    }
  };
  const take = async (name: string): Promise<void> => {
    const bytes = await readFile(path.join(folder, name));
    try {
      if (bytes.includes(0)) others.push(name);
      else texts[name] = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n');
    } catch {
      others.push(name);
    }
  };
  await walk('');
  return { texts, others };
}
