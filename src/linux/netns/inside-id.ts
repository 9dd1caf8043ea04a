import { readFileSync } from 'node:fs';
import type { HostHandle } from './host-handle.js';

/** A user id of the machine as the lab host knows it; null for one that it does not have. */
export function insideId(handle: HostHandle, outside: number): number | null {
  for (const line of readFileSync(`/proc/self/fd/${handle.proc}/uid_map`, 'utf8').trim().split('\n')) {
    const [inside, base, count] = line.trim().split(/\s+/).map(Number) as [number, number, number];
    if (outside >= base && outside < base + count) return inside + outside - base;
  }
  return null;
}
