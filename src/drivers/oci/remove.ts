import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { processesIn, removeGroup } from '../../linux/cgroup.js';
import { DriverError } from '../driver-error.js';
import type { Layout } from './layout.js';
import { isAlive, recordedInit } from './runtime-state.js';

/** Waits between looks while processes end, ms. An ordinary lab host is gone at the second or third. */
const FIRST_WAIT = 1;
const LONGEST_WAIT = 20;

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/** Ends process 1 and with it the whole pid namespace, where there still is one. */
export function killInit(layout: Layout, name: string): void {
  try {
    const init = recordedInit(layout.runtimeRoot, name);
    if (init && init.pid > 1 && isAlive(init)) kill(init.pid);
  } catch {
    // A half-written record: the cgroup finds the processes.
  }
}

/**
 * Removes a container and whatever a killed start left of one, but not its bundle. Ending process 1 ends its whole pid
 * namespace; the cgroup names the processes of a start that never got that far. The runtime's own delete is not asked:
 * it costs 25 ms, its forced form sleeps 100 ms, and it refuses what is half-made. `signal` bounds the wait.
 */
export async function removeContainer(layout: Layout, name: string, signal: AbortSignal): Promise<void> {
  const group = layout.cgroup(name);
  killInit(layout, name);
  for (let wait = FIRST_WAIT; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
    const left = processesIn(group);
    if (left.length === 0 && removeGroup(group)) break;
    if (signal.aborted) throw new DriverError('timeout', `${name}: processes ${left.join(', ')} do not end`);
    left.forEach(kill);
    await pause(wait);
  }
  await rm(path.join(layout.runtimeRoot, name), { recursive: true, force: true });
}

/** Removes a lab host; success on nothing. The bundle goes last: while it is there, `list` shows the lab host. */
export async function removeHost(layout: Layout, name: string, signal: AbortSignal): Promise<void> {
  await removeContainer(layout, name, signal);
  await rm(layout.bundle(name), { recursive: true, force: true });
}
