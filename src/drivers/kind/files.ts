import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { runCommand } from '../../linux/exec/command.js';
import { readMachine } from '../../linux/machine.js';
import { readMounts, unmountBelow } from '../../linux/mounts.js';
import { DriverError } from '../driver-error.js';
import { makeAuthority, type Credential } from './authority.js';
import { admissionConfig, auditPolicy, kindConfig } from './cluster-config.js';
import type { ClusterFiles } from './layout.js';

const MOUNT_MS = 10_000;

/** From here on `list` shows the cluster. */
export async function makeFolder(files: ClusterFiles): Promise<void> {
  await mkdir(files.dir, { recursive: true, mode: 0o700 });
}

/** The audit log's own small file system: whatever a learner does, it cannot fill the machine's disk. */
export async function mountAudit(files: ClusterFiles): Promise<void> {
  await mkdir(files.audit, { recursive: true, mode: 0o700 });
  if (readMounts().some(({ target }) => target === files.audit)) return;
  const options = 'size=16m,nr_inodes=64,mode=0700,nosuid,nodev,noexec';
  await runCommand({
    argv: ['mount', '-t', 'tmpfs', '-o', options, 'wheelhouse-audit', files.audit],
    timeoutMs: MOUNT_MS,
  });
}

/** Everything that kind and the nodes read, made anew. */
export async function writeFiles(files: ClusterFiles, nodes: number): Promise<void> {
  await makeFolder(files);
  await mkdir(files.home, { recursive: true, mode: 0o700 });
  await mountAudit(files);
  const authority = await makeAuthority();
  const secret = { mode: 0o600 };
  await writeFile(files.caCert, authority.cert, secret);
  await writeFile(files.caKey, authority.key, secret);
  await writeFile(files.auditPolicy, auditPolicy(), secret);
  await writeFile(files.admission, admissionConfig(), secret);
  await writeFile(files.config, kindConfig({ files, nodes, machine: readMachine() }), secret);
  // A file that was there keeps the mode it had.
  await chmod(files.caKey, 0o600);
}

export async function readAuthority(files: ClusterFiles): Promise<Credential> {
  try {
    const [cert, key] = await Promise.all([readFile(files.caCert, 'utf8'), readFile(files.caKey, 'utf8')]);
    return { cert, key };
  } catch (error) {
    throw new DriverError('not_found', `no cluster at ${files.dir}`, { cause: error });
  }
}

/** Success on nothing. Only when no node is left that mounts something of it. */
export async function removeFiles(files: ClusterFiles): Promise<void> {
  await unmountBelow(files.dir);
  await rm(files.dir, { recursive: true, force: true });
}
