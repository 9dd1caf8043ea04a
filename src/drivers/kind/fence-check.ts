import type { Finding } from '../host-driver.js';

/** Opens the fences: without them no network of a cluster may exist. */
export async function checkFence(fence: { open(): Promise<void> }): Promise<Finding> {
  const code = 'cluster.fence';
  const wanted = 'nftables, which fence the networks of clusters';
  try {
    await fence.open();
    return { code, level: 'ok', found: 'the fences are up', wanted };
  } catch (error) {
    const fix = 'apt-get install nftables; modprobe nf_tables';
    return { code, level: 'fail', found: (error as Error).message, wanted, fix };
  }
}
