import type { HostCapability } from '../host-driver.js';
import type { Cost } from '../step.js';

/** Counted per user namespace by the kernel; init writes them while it may, and reads each back. */
export const USER_CAPS: Record<string, number> = {
  max_user_namespaces: 0,
  // One is the lab host's own, so seven are left to the learner.
  max_net_namespaces: 8,
  max_mnt_namespaces: 64,
  max_pid_namespaces: 8,
  // Host-wide by default (128 for all of the machine's root): one learner could starve the rest.
  max_inotify_instances: 16,
  max_inotify_watches: 4096,
};

export const PIDS_LIMIT = 256;

export function memoryMiB(requires: HostCapability[]): number {
  return requires.includes('ovs') ? 384 : 256;
}

/** What admission counts for a lab host. */
export function hostCost(requires: HostCapability[]): Cost {
  const ovs = requires.includes('ovs');
  return {
    reserve: {
      cpuMilli: ovs ? 10 : 5,
      memMiB: ovs ? 64 : 16,
      pids: ovs ? 32 : 24,
      inotifyInstances: 2,
      ptys: 8,
    },
    limit: { cpuMilli: 1000, memMiB: memoryMiB(requires), pids: PIDS_LIMIT, inotifyInstances: 16, ptys: 8 },
  };
}
