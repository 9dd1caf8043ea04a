import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from '../../linux/exec/command.js';

const COPY_MS = 60_000;
const IN_IMAGE = '/usr/bin/kubectl';

export interface KubectlOptions {
  /** Folder of the state that is ours alone. */
  folder: string;
  installId: string;
  /** Name of the node image, and what tells its content from another's. */
  image: string;
  identity: string;
  /** The docker program. */
  docker: string;
  env: Record<string, string>;
}

/**
 * The kubectl of the node image, copied out once per image: of the clusters' own version, which Debian's is not.
 * Returns its path. The container that lends it never starts; one that was left by a kill is taken away first.
 */
export async function kubectlOf(o: KubectlOptions): Promise<string> {
  const stamp = o.identity.replace(/[^A-Za-z0-9]/g, '').slice(-16);
  const file = path.join(o.folder, `kubectl-${stamp}`);
  if (existsSync(file)) return file;
  await mkdir(o.folder, { recursive: true, mode: 0o700 });
  const lender = `wh-kubectl-${o.installId}`;
  const docker = (...args: string[]) =>
    runCommand({ argv: [o.docker, ...args], env: o.env, timeoutMs: COPY_MS });
  const remove = () => docker('rm', '--force', lender).catch(() => undefined);
  await remove();
  try {
    await docker('create', '--name', lender, '--label', `wheelhouse.install=${o.installId}`, o.image);
    await docker('cp', '--follow-link', '--quiet', `${lender}:${IN_IMAGE}`, `${file}.new`);
    await rename(`${file}.new`, file);
    return file;
  } finally {
    await remove();
    await rm(`${file}.new`, { force: true });
  }
}
