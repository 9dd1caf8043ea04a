import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import type { ClusterNode } from '../../drivers/cluster-driver.js';

/** The network namespace of a node, held open so that its pid may end and be used again by others. */
export class NodeNetns {
  fd: number | undefined;

  constructor(node: ClusterNode | undefined) {
    if (!node || node.initPid === 0) return;
    try {
      const fd = openSync(`/proc/${node.initPid}/ns/net`, constants.O_RDONLY);
      // Looked at after it was opened: the pid was the node's all the while.
      if (readFileSync(`/proc/${node.initPid}/cgroup`, 'utf8').includes(node.cgroup)) this.fd = fd;
      else closeSync(fd);
    } catch {
      // The node does not run, or this machine is not allowed to look: requests from it are said to be impossible.
    }
  }

  close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }
}
