import type { Logger } from '../common/logger.js';
import { Fence } from '../linux/fence/fence.js';
import { sweepClusters } from './kind/sweep.js';
import { sweepInstall } from './oci/sweep.js';

export interface SweepMachineOptions {
  stateDir: string;
  installId: string;
  dockerHost?: string | undefined;
  logger?: Logger;
}

/**
 * Removes all that the drivers put on the machine for one installation, for a service that does not run: lab hosts
 * before the clusters whose networks they hang on, fences last. Returns the names of what was removed.
 */
export async function sweepMachine(o: SweepMachineOptions): Promise<string[]> {
  const fence = new Fence(o);
  const hosts = await sweepInstall(o);
  const clusters = await sweepClusters({ ...o, fence });
  await fence.sweep();
  return [...new Set([...hosts, ...clusters])];
}
