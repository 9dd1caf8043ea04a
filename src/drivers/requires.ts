import { HOST_CAPABILITIES, type HostCapability } from './host-driver.js';

const HOST: readonly string[] = HOST_CAPABILITIES;

/** Of a lab's `requires`, what concerns the lab host. */
export function hostCapabilities(requires: string[]): HostCapability[] {
  return requires.filter((name): name is HostCapability => HOST.includes(name));
}
