import { readFileSync } from 'node:fs';
import { USER_CAPS } from './limits.js';

/** Problem with the line `ready max_net_namespaces=8 …` that init prints, or undefined when every cap is there. */
export function readyLineProblem(output: string): string | undefined {
  const line = output.split('\n').find((text) => text.startsWith('ready') || text.startsWith('failed'));
  if (line === undefined) return 'init said nothing';
  if (line.startsWith('failed')) return `init: ${line}`;
  const seen = new Set(line.trim().split(' '));
  const missing = Object.entries(USER_CAPS).filter(([name, value]) => !seen.has(`${name}=${value}`));
  return missing.length === 0
    ? undefined
    : `init did not confirm ${missing.map(([name]) => name).join(', ')}`;
}

/**
 * Whether init is done: it empties its bounding set last, after it wrote and read back every cap. So this tells a
 * lab host that is ready also after the service that read its line is dead.
 */
export function hasDroppedCapabilities(pid: number): boolean {
  try {
    return /^CapBnd:\s*0+$/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}
