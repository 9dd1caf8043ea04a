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

/** What of a lab host's needs decides its limits. */
export interface HostNeeds {
  requires: HostCapability[];
  /** Joined to a cluster. */
  link: boolean;
}

/** kubectl is large: with its caches, some of them at once fill 256 MiB. */
export function memoryMiB({ requires, link }: HostNeeds): number {
  return link || requires.includes('ovs') ? 384 : 256;
}

/** What admission counts for a lab host. */
export function hostCost(needs: HostNeeds): Cost {
  const ovs = needs.requires.includes('ovs');
  return {
    reserve: {
      cpuMilli: ovs ? 10 : 5,
      memMiB: (ovs ? 64 : 16) + (needs.link ? 48 : 0) + (needs.requires.includes('uplink') ? 4 : 0),
      pids: ovs ? 32 : 24,
      inotifyInstances: 2,
      ptys: 8,
    },
    limit: { cpuMilli: 1000, memMiB: memoryMiB(needs), pids: PIDS_LIMIT, inotifyInstances: 16, ptys: 8 },
  };
}
