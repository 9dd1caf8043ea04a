import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

const MAX_FILES = 200;
const MAX_BYTES = 2 * 1024 * 1024;

/** Relative path -> text. */
export type LabFiles = Record<string, string>;

export class LabFolderError extends Error {}

/** Reads a lab folder whole. Links and special files are refused, so that a lab cannot name files outside itself. */
export async function readLabFolder(folder: string): Promise<LabFiles> {
  const files: LabFiles = {};
  let bytes = 0;
  const walk = async (relative: string): Promise<void> => {
    const names = (await readdir(path.join(folder, relative))).filter((name) => !name.startsWith('.')).sort();
    for (const name of names) {
      const inner = relative === '' ? name : `${relative}/${name}`;
      const info = await lstat(path.join(folder, inner));
      if (info.isDirectory()) {
        await walk(inner);
        continue;
      }
      if (!info.isFile())
        throw new LabFolderError(`${inner} is neither a file nor a folder; copy its content instead`);
      bytes += info.size;
      if (bytes > MAX_BYTES) throw new LabFolderError(`the folder holds more than ${MAX_BYTES} bytes`);
      if (Object.keys(files).length >= MAX_FILES)
        throw new LabFolderError(`the folder holds more than ${MAX_FILES} files`);
      files[inner] = await readFile(path.join(folder, inner), 'utf8');
    }
  };
  await walk('');
  return files;
}

/** SHA-256 over names and contents with line ends normalised, hex: a version's identity. */
export function digestOf(files: LabFiles): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(files).sort()) {
    const text = files[name]!.replaceAll('\r\n', '\n');
    hash.update(`${name.length}:${name}${text.length}:${text}`);
  }
  return hash.digest('hex');
}
