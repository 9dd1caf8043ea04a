import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Reads a one-line file of mode 0600, or makes it; a crash in the middle leaves no half file. */
export function readOrCreate(file: string, make: () => string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const half = `${file}.${process.pid}.tmp`;
  writeFileSync(half, `${make()}\n`, { mode: 0o600 });
  renameSync(half, file);
  return readFileSync(file, 'utf8').trim();
}

/** The state folder: others may pass through it (mapped ids, the database's account) but not list it. */
export function prepareStateDir(stateDir: string): void {
  mkdirSync(stateDir, { recursive: true, mode: 0o711 });
  chmodSync(stateDir, 0o711);
}

export function signingSecret(stateDir: string, configured: string | undefined): Uint8Array {
  const text =
    configured ?? readOrCreate(path.join(stateDir, 'secret'), () => randomBytes(32).toString('base64url'));
  return new TextEncoder().encode(text);
}
