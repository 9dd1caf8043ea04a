import { z } from 'zod';
import { runCommand } from '../../linux/exec/command.js';
import type { Engine } from './engine.js';
import { parseRange, type Range } from './subnets.js';

const IP_MS = 5000;
const routes = z.array(z.object({ dst: z.string() }));

/** Ranges that the machine routes somewhere, of all tables; its own addresses are among them. */
async function routed(): Promise<string[]> {
  const argv = ['ip', '-j', '-4', 'route', 'show', 'table', 'all'];
  const { stdout } = await runCommand({ argv, timeoutMs: IP_MS, maxOutput: 4 << 20 });
  const found = routes.parse(JSON.parse(stdout === '' ? '[]' : stdout));
  return found.map(({ dst }) => dst).filter((dst) => dst !== 'default' && dst !== '0.0.0.0/0');
}

/** Every range that a new network must not touch. */
export async function takenRanges(engine: Engine, signal?: AbortSignal): Promise<Range[]> {
  const [networks, machine] = await Promise.all([engine.networks(undefined, signal), routed()]);
  const engines = networks.flatMap(({ IPAM }) => (IPAM.Config ?? []).map(({ Subnet }) => Subnet ?? ''));
  return [...engines, ...machine].map(parseRange).filter((range) => range !== undefined);
}
