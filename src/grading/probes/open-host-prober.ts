import { HostHandle } from '../../linux/netns/host-handle.js';
import { findOutside, groupOf, openOutside } from '../../linux/netns/outside.js';
import { SandboxNetwork } from '../../linux/netns/sandbox-network.js';
import { HostProber } from './host-prober.js';

/** Holds a lab host by its process 1 and probes it. Throws when that process is gone, or is none of a lab host. */
export function openHostProber(initPid: number, o: { uplink: boolean; now: () => number }): HostProber {
  const handle = HostHandle.open(initPid);
  const network = new SandboxNetwork(handle, { now: o.now });
  const outside = (): number | undefined => {
    const group = groupOf(`/proc/self/fd/${handle.proc}`);
    const found = group === undefined ? undefined : findOutside(group);
    return found && openOutside(found);
  };
  return new HostProber({ handle, network, ...(o.uplink ? { outside } : {}) });
}
