import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, readdir, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { LabProblem } from './lab-yaml.js';

const MAX_FILES = 200;
const MAX_DEPTH = 4;
/** A megabyte of request body has to hold the largest lab that is sent to be checked. */
const MAX_FILE_BYTES = 512 * 1024;
const MAX_BYTES = 2 * 1024 * 1024;

/** Relative path -> text. */
export type LabFiles = Record<string, string>;

/** What keeps a folder from being read; `file` is relative to it, `.` being the folder itself. */
export class LabFolderError extends Error {
  constructor(
    readonly file: string,
    message: string,
  ) {
    super(file === '.' ? message : `${file}: ${message}`);
    this.problem = { file, line: 1, column: 1, path: '', message, level: 'error' };
  }

  readonly problem: LabProblem;
}

/**
 * Reads a lab folder whole. Links and special files are refused, so that a lab cannot name files outside itself, and so
 * is what is no text: it could be neither shown nor stored. Rejects with LabFolderError.
 */
export async function readLabFolder(folder: string): Promise<LabFiles> {
  const files: LabFiles = {};
  let bytes = 0;
  const walk = async (relative: string, depth: number): Promise<void> => {
    const where = relative === '' ? '.' : relative;
    if (depth > MAX_DEPTH)
      throw new LabFolderError(where, `lies more than ${MAX_DEPTH} folders deep; move it up`);
    for (const name of await namesIn(path.join(folder, relative), where)) {
      const inner = relative === '' ? name : `${relative}/${name}`;
      const info = await lstat(path.join(folder, inner));
      if (info.isDirectory()) {
        await walk(inner, depth + 1);
        continue;
      }
      if (!info.isFile())
        throw new LabFolderError(inner, 'is neither a file nor a folder; put its content there instead');
      if (Object.keys(files).length >= MAX_FILES)
        throw new LabFolderError('.', `holds more than ${MAX_FILES} files; keep what the lab needs`);
      files[inner] = await readText(path.join(folder, inner), inner);
      bytes += info.size;
      if (bytes > MAX_BYTES)
        throw new LabFolderError('.', `holds more than ${MAX_BYTES} bytes; shorten its texts and fixtures`);
    }
  };
  await walk('', 0);
  return files;
}

/** Sorted, without hidden ones. */
async function namesIn(folder: string, where: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why: Record<string, string> = {
      ENOENT: 'does not exist; name the folder that holds lab.yaml',
      ENOTDIR: 'is no folder; name the folder that holds lab.yaml',
      EACCES: 'may not be read; give yourself the right to',
    };
    throw new LabFolderError(where, why[code ?? ''] ?? (error as Error).message);
  }
}

/** The link check and the size are of the file that is read, whatever took its name meanwhile. */
async function readText(file: string, name: string): Promise<string> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let handle: FileHandle;
  try {
    handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    throw new LabFolderError(name, `cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  try {
    const { size } = await handle.stat();
    if (size > MAX_FILE_BYTES)
      throw new LabFolderError(name, `has ${size} bytes, at most ${MAX_FILE_BYTES}; shorten or split it`);
    return textOf(await handle.readFile(), name);
  } finally {
    await handle.close();
  }
}

function textOf(bytes: Buffer, name: string): string {
  const nul = bytes.indexOf(0);
  try {
    if (nul < 0) return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new LabFolderError(name, 'is no text in UTF-8; save it as UTF-8, or take it out of the folder');
  }
  throw new LabFolderError(name, `is no text (byte ${nul} is 0); take it out of the folder`);
}

/** Names that no file of a folder can have, when a lab comes by other ways than a folder. */
export function strayNames(files: LabFiles): LabProblem[] {
  return Object.keys(files)
    .filter((name) => name.split('/').some((part) => ['', '.', '..'].includes(part)) || /\p{Cc}/u.test(name))
    .map((name) => ({
      file: JSON.stringify(name).slice(1, -1),
      line: 1,
      column: 1,
      path: '',
      message: 'leaves the folder of the lab; name files by their path in it, such as setup/web.yaml',
      level: 'error',
    }));
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
