import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLogger } from '../common/logger.js';
import { EmbeddedPostgres } from '../database/embedded-postgres.js';
import { sweepMachine } from '../drivers/sweep.js';
import { processStart } from '../linux/process-start.js';

/** Short: sockets lie below it. */
const PREFIX = 'wheelhouse-try-';
const OWNER = 'owner';

/** A private TMPDIR would shut out the database's account and the mapped ids of lab hosts. */
function usualParent(): string {
  const folder = tmpdir();
  for (let at = folder; ; at = path.dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return '/var/tmp';
    if (at === path.dirname(at)) return folder;
  }
}

/** A state folder for one trial, marked with the process that it belongs to. */
export function makeScratchFolder(parent = usualParent()): string {
  const folder = mkdtempSync(path.join(parent, PREFIX));
  chmodSync(folder, 0o711);
  writeFileSync(path.join(folder, OWNER), `${process.pid} ${processStart(process.pid)}\n`);
  return folder;
}

/** Removes what a trial's service left: its lab hosts and clusters, its database, its folder. */
export async function removeScratchFolder(folder: string, dockerHost: string | undefined): Promise<void> {
  const idFile = path.join(folder, 'install-id');
  if (process.getuid?.() === 0 && existsSync(idFile)) {
    const installId = readFileSync(idFile, 'utf8').trim();
    await sweepMachine({ stateDir: folder, installId, dockerHost });
  }
  await new EmbeddedPostgres(folder, silentLogger).stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Folders of trials whose process was killed before it could clean up. */
export function abandonedScratchFolders(parent = usualParent()): string[] {
  return readdirSync(parent)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => path.join(parent, name))
    .filter((folder) => isOurs(folder) && isAbandoned(path.join(folder, OWNER)));
}

/** Anybody may make a folder of this name, with the id of an installation in it. */
function isOurs(folder: string): boolean {
  const info = lstatSync(folder, { throwIfNoEntry: false });
  return (
    info !== undefined && info.isDirectory() && info.uid === process.getuid?.() && (info.mode & 0o022) === 0
  );
}

function isAbandoned(ownerFile: string): boolean {
  let owner: string[];
  try {
    owner = readFileSync(ownerFile, 'utf8').trim().split(' ');
  } catch {
    // Somebody else's, or being made or removed at this moment.
    return false;
  }
  return processStart(Number(owner[0])) !== Number(owner[1]);
}
