import type { Finding } from '../host-driver.js';
import type { Engine } from './engine.js';
import { freeSubnets, overlaps, parseRange, toAddress, type Range } from './subnets.js';
import { takenRanges } from './taken-networks.js';

const text = ({ first, last }: Range): string => `${toAddress(first)} to ${toAddress(last)}`;

/** Whether the pool still has room, and who is in the way if not. */
export async function checkPool(engine: Engine, pool: string): Promise<Finding> {
  const code = 'cluster.pool';
  const wanted = 'free networks in WHEELHOUSE_NETWORK_POOL, one for each cluster';
  const fix =
    'set WHEELHOUSE_NETWORK_POOL to an IPv4 range that this machine does not use, such as 10.253.0.0/16';
  try {
    const taken = await takenRanges(engine);
    const free = [...freeSubnets(pool, taken)].length;
    const whole = parseRange(pool);
    const inside = taken.filter((range) => whole && overlaps(range, whole));
    const found = `${free} of ${pool} are free`;
    if (free > 0) return { code, level: 'ok', found, wanted };
    const names = inside.slice(0, 3).map(text).join(', ');
    return { code, level: 'fail', found: `${found}: in use are ${names}`, wanted, fix };
  } catch (error) {
    return { code, level: 'fail', found: (error as Error).message, wanted, fix };
  }
}
