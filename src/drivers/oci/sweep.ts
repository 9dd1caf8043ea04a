import { rm, rmdir } from 'node:fs/promises';
import type { Logger } from '../../common/logger.js';
import { childGroups, removeGroup } from '../../linux/cgroup.js';
import { unmountBelow } from '../../linux/mounts.js';
import { Fence } from '../../linux/fence/fence.js';
import { isCheckName } from './check.js';
import { sweepLinks } from './link-sweep.js';
import { Layout, type LayoutOptions } from './layout.js';
import { parseHostName } from './names.js';
import { removeContainer } from './remove.js';
import { hostNames } from './survey.js';

const REMOVE_MS = 20_000;

/**
 * Removes all that the OCI driver put on the machine for one installation: containers, cgroups, runtime records,
 * mounts, bundles. The image stays. For a service that does not run: nothing may start lab hosts meanwhile.
 * Returns the names of the lab hosts that were removed; rejects with DriverError or CommandError.
 */
export async function sweepInstall(options: LayoutOptions & { logger?: Logger }): Promise<string[]> {
  const layout = new Layout(options);
  const groups = childGroups(layout.cgroupRoot).filter((name) => parseHostName(name) !== undefined);
  const names = [...new Set([...hostNames(layout), ...groups])];
  if (names.length > 0) options.logger?.info({ names }, 'removing lab hosts');
  const checks = childGroups(layout.cgroupRoot).filter(isCheckName);
  for (const name of [...names, ...checks])
    await removeContainer(layout, name, AbortSignal.timeout(REMOVE_MS));
  await sweepLinks({ layout, fence: new Fence(options) });
  removeGroup(layout.cgroupRoot);
  if (childGroups('/wheelhouse').length === 0) removeGroup('/wheelhouse');
  // Unmounted first: what a view shows must not be removed through it.
  await unmountBelow(layout.volatile);
  for (const folder of [layout.volatile, layout.hosts]) await rm(folder, { recursive: true, force: true });
  await rmdir('/run/wheelhouse').catch(() => undefined);
  for (const file of [layout.lockFile, layout.probeCache]) await rm(file, { force: true });
  return names;
}
