import type { Launcher } from './launcher.js';

let active: Launcher | undefined;

/**
 * From now on this launcher starts the commands of this process that need no descriptor of ours, and ends its residents
 * should this process be killed; undefined ends that.
 */
export function setLauncher(next: Launcher | undefined): void {
  active = next;
}

export function activeLauncher(): Launcher | undefined {
  return active?.alive ? active : undefined;
}
