import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DriverError } from '../driver-error.js';

const PUBLISHED_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export interface Bundle {
  dir: string;
  /** JSON of the configuration. */
  config: string;
  /** name -> text, shown under /run/wheelhouse. */
  publish: Record<string, string>;
}

/** Replaces a file in one step, so that no reader sees half of it. */
function replaceFile(file: string, text: string, mode: number): void {
  const temporary = `${file}.new`;
  writeFileSync(temporary, text, { mode });
  renameSync(temporary, file);
}

export function checkPublishedName(name: string): void {
  if (PUBLISHED_NAME.test(name)) return;
  throw new DriverError('invalid_spec', `published file name ${JSON.stringify(name)}`);
}

export function publishedDir(dir: string): string {
  return path.join(dir, 'pub');
}

/** Shows or, by null, takes away files of a bundle that is there. */
export function publishFiles(dir: string, files: Record<string, string | null>): void {
  Object.keys(files).forEach(checkPublishedName);
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(publishedDir(dir), name);
    if (text === null) rmSync(file, { force: true });
    else replaceFile(file, text, 0o644);
  }
}

/**
 * Writes the bundle of a lab host; again with the same input it ends the same. `config.json` comes last: a bundle
 * that has it is whole. Published files belong to the machine's root, so that nobody inside can change them even if
 * the read-only mount were lifted. Not asynchronous: some files of a few KiB cost less than four trips to another thread.
 */
export function writeBundle(bundle: Bundle): void {
  Object.keys(bundle.publish).forEach(checkPublishedName);
  mkdirSync(publishedDir(bundle.dir), { recursive: true, mode: 0o755 });
  publishFiles(bundle.dir, bundle.publish);
  replaceFile(path.join(bundle.dir, 'config.json'), bundle.config, 0o600);
}

export function hasBundle(dir: string): boolean {
  return existsSync(path.join(dir, 'config.json'));
}

/** Writes a process spec into the bundle, once per content, and returns its file. */
export function writeProcessSpec(dir: string, spec: object): string {
  const text = JSON.stringify(spec);
  const file = path.join(dir, `process-${createHash('sha256').update(text).digest('hex').slice(0, 16)}.json`);
  if (!existsSync(file)) writeFileSync(file, text, { mode: 0o600 });
  return file;
}
