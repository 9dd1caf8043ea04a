import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { DriverError } from '../driver-error.js';
import type { Layout } from './layout.js';
import { TOOLS_POINT } from './mount-table.js';
import { entries } from './runtime-state.js';

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer);
  return hash.digest('hex').slice(0, 16);
}

export interface ToolsOptions {
  layout: Layout;
  /** View of the image, which must have the mount point. */
  rootfs: string;
  /** A kubectl of the clusters' own version, on the machine. */
  kubectl: string;
}

/**
 * Puts kubectl where lab hosts can be shown it, once per content, and returns the folder as the view of the bundles
 * has it: a lab host that runs keeps the one it began with.
 */
export async function installTools({ layout, rootfs, kubectl }: ToolsOptions): Promise<string> {
  if (!existsSync(path.join(rootfs, TOOLS_POINT))) {
    throw new DriverError('unavailable', `the image has no ${TOOLS_POINT}: run \`npm run setup\` as root`);
  }
  const digest = await digestOf(kubectl);
  const folder = path.join(layout.tools, digest);
  await dropOldTools(layout, digest);
  if (!existsSync(folder)) {
    const half = `${folder}.new`;
    await rm(half, { recursive: true, force: true });
    await mkdir(half, { recursive: true, mode: 0o755 });
    await copyFile(kubectl, path.join(half, 'kubectl'));
    await chmod(path.join(half, 'kubectl'), 0o755);
    await rename(half, folder);
  }
  return path.join(layout.hostsView, path.relative(layout.hosts, folder));
}

/** Folders of other contents that no lab host shows any more, half-made ones included. */
async function dropOldTools(layout: Layout, current: string): Promise<void> {
  const old = entries(layout.tools).filter((name) => name !== current);
  if (old.length === 0) return;
  const configs = await Promise.all(
    entries(layout.hosts).map((name) =>
      readFile(path.join(layout.bundle(name), 'config.json'), 'utf8').catch(() => ''),
    ),
  );
  const unused = old.filter((name) => !configs.some((text) => text.includes(`/.tools/${name}"`)));
  for (const name of unused) await rm(path.join(layout.tools, name), { recursive: true, force: true });
}
