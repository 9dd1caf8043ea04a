import { createHash } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { z } from 'zod';

const stored = z.object({ key: z.string(), version: z.string() });

/** Names what a probe depends on: the runtime's file, the kernel, the image, the range of ids. */
export async function probeKey(program: string, stamp: string, uidBase: number): Promise<string> {
  const { mtimeMs, size } = await stat(program);
  const parts = [program, mtimeMs, size, os.release(), stamp, uidBase, PROFILE];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Grows whenever the profile of a lab host asks something new of the runtime or the kernel. */
const PROFILE = 2;

/** Version of the runtime when this very probe succeeded before. */
export async function cachedProbe(file: string, key: string): Promise<string | undefined> {
  try {
    const seen = stored.parse(JSON.parse(await readFile(file, 'utf8')));
    return seen.key === key ? seen.version : undefined;
  } catch {
    return undefined;
  }
}

export async function rememberProbe(file: string, key: string, version: string): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify({ key, version }), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
