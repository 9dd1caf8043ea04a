import { chmod, mkdir, readFile, realpath, rmdir } from 'node:fs/promises';
import { statSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from '../../linux/exec/command.js';
import { ensureReadOnlyView, readMounts, unmountBelow } from '../../linux/mounts.js';
import { DriverError } from '../driver-error.js';
import type { Layout } from './layout.js';
import { entries } from './runtime-state.js';

async function ensureTun(layout: Layout): Promise<void> {
  const node = path.join(layout.devices, 'tun');
  if (!statSync(node, { throwIfNoEntry: false })) {
    await runCommand({ argv: ['mknod', node, 'c', '10', '200'], timeoutMs: 5000 });
  }
  // The machine's root is not mapped inside: only the mode lets Open vSwitch open it.
  await chmod(node, 0o666);
}

/** Stamp and folder of the image that `imageDir` names, which may be a link to it. */
export async function resolveImage(imageDir: string): Promise<{ dir: string; stamp: string }> {
  try {
    const dir = await realpath(imageDir);
    const stamp = (await readFile(path.join(dir, 'etc/wheelhouse-image'), 'utf8')).trim();
    return { dir, stamp };
  } catch (error) {
    throw new DriverError(
      'unavailable',
      `no image of the lab hosts at ${imageDir}: run \`npm run setup\` as root`,
      {
        cause: error,
      },
    );
  }
}

/** Makes folders, device node and read-only views; finds its own work of an earlier start. Returns the image's view. */
export async function prepareFolders(layout: Layout, imageDir: string): Promise<string> {
  const image = await resolveImage(imageDir);
  const view = layout.imageView(image.stamp);
  for (const folder of [
    layout.runtimeRoot,
    layout.hosts,
    layout.devices,
    layout.views,
    layout.hostsView,
    view,
  ]) {
    await mkdir(folder, { recursive: true, mode: 0o711 });
  }
  await ensureTun(layout);
  await ensureReadOnlyView({ source: image.dir, target: view, devices: false });
  await ensureReadOnlyView({ source: layout.hosts, target: layout.hostsView, devices: true });
  return view;
}

/** Takes views of older images away that no lab host shows any more. */
export async function dropOldViews(layout: Layout, current: string): Promise<void> {
  const mounted = readMounts().map((mount) => mount.target);
  const old = mounted.filter((target) => target.startsWith(layout.imageView('')) && target !== current);
  if (old.length === 0) return;
  const configs = await Promise.all(
    entries(layout.hosts).map((name) =>
      readFile(path.join(layout.bundle(name), 'config.json'), 'utf8').catch(() => ''),
    ),
  );
  for (const view of old.filter((target) => !configs.some((text) => text.includes(JSON.stringify(target))))) {
    await unmountBelow(view);
    await rmdir(view);
  }
}
