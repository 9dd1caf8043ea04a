import { HostHandle } from '../../linux/netns/host-handle.js';
import { DriverError } from '../driver-error.js';
import type { Layout } from './layout.js';
import { lookAt } from './survey.js';

/**
 * A running lab host held by descriptors; looked at again afterwards, as its pid may have become another's. The caller
 * closes it. Throws DriverError `not_found`.
 */
export function openHost(layout: Layout, name: string): HostHandle {
  const seen = lookAt(layout, name);
  if (seen?.state === 'running') {
    const host = HostHandle.open(seen.initPid);
    if (lookAt(layout, name)?.initPid === seen.initPid) return host;
    host.close();
  }
  throw new DriverError('not_found', `lab host ${name} does not run`);
}
