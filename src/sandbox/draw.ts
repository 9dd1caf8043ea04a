import { randomBytes } from 'node:crypto';
import type { Draw } from '../labs/params.js';

export function newSeed(): string {
  return randomBytes(16).toString('hex');
}

/** What a run is drawn from, kept with it: neither a restart nor another configuration changes its values. */
export function drawFor(
  request: { individualise?: boolean },
  seed: string,
  avoid: readonly string[],
): Draw | null {
  return request.individualise === true ? { seed, avoid } : null;
}
