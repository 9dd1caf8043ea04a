import type { HostCapability } from './host-driver.js';

const HOST: readonly string[] = ['netns', 'ovs', 'nft'] satisfies HostCapability[];

/** Of a lab's `requires`, what concerns the lab host. */
export function hostCapabilities(requires: string[]): HostCapability[] {
  return requires.filter((name): name is HostCapability => HOST.includes(name));
}
