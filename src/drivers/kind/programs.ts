import { accessSync, constants, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from '../../linux/exec/command.js';

/** Full path of a program, as a shell would find it; undefined where there is none. */
export function findProgram(name: string, searchPath: string): string | undefined {
  return searchPath
    .split(':')
    .map((folder) => path.join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
      } catch {
        return false;
      }
    });
}

/** `0.30.0`, or what the program says instead. */
export async function kindVersion(program: string): Promise<string> {
  const { stdout } = await runCommand({ argv: [program, 'version'], timeoutMs: 15_000 });
  return /\bv(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? stdout.trim();
}

/** The node image that this kind takes when none is named. Only the program itself has it: as a word in its text. */
export async function defaultImage(program: string): Promise<string | undefined> {
  const text = await readFile(program, 'latin1');
  return /kindest\/node:v\d+\.\d+\.\d+@sha256:[0-9a-f]{64}/.exec(text)?.[0];
}

/** Whether `found` is `wanted` or later; false for what is no version. */
export function isAtLeast(found: string, wanted: [number, number]): boolean {
  const parts = /(\d+)\.(\d+)/.exec(found);
  if (!parts) return false;
  const [major, minor] = [Number(parts[1]), Number(parts[2])];
  return major > wanted[0] || (major === wanted[0] && minor >= wanted[1]);
}
