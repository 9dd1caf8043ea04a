import type { ClusterNode } from '../../drivers/cluster-driver.js';
import type { KubeObject } from '../../kube/object.js';
import type { HttpTarget, HttpTargets } from '../probes/cluster-view.js';
import type { HttpTargetAddress } from '../probes/curl.js';
import type { ClusterObjects } from './cluster-objects.js';

const POD = { apiVersion: 'v1', kind: 'Pod' };
const SERVICE = { apiVersion: 'v1', kind: 'Service' };

interface ServiceSpec {
  clusterIP?: string;
  ports?: { port: number; nodePort?: number }[];
}

/** Addresses by what the cluster's own objects say; a request goes nowhere that the cluster does not name. */
export function targetsOf(
  objects: ClusterObjects,
  nodes: readonly ClusterNode[],
  nodeNetns: () => number | undefined,
): HttpTargets {
  return { nodeNetns, resolve: (to, port) => resolve(objects, nodes, to, port) };
}

function resolve(
  objects: ClusterObjects,
  nodes: readonly ClusterNode[],
  to: HttpTarget,
  port: number,
): HttpTargetAddress[] | undefined {
  if ('addr' in to) return [at(to.addr, to.addr, port)];
  if ('pods' in to) {
    return objects.list(POD, to.pods).flatMap(({ object }) => {
      const address = runningAddress(object);
      return address === undefined ? [] : [at(object.metadata.name, address, port)];
    });
  }
  const [namespace, name] = ('service' in to ? to.service : to.nodePort).split('/') as [string, string];
  const service = objects.get(SERVICE, namespace, name)?.object;
  if (!service) return undefined;
  const { clusterIP, ports = [] } = (service['spec'] ?? {}) as ServiceSpec;
  if ('service' in to) return clusterIP && clusterIP !== 'None' ? [at(name, clusterIP, port)] : [];
  const nodePort = ports.find((p) => p.port === port)?.nodePort;
  return nodePort === undefined ? [] : nodes.slice(0, 1).map((node) => at(name, node.address, nodePort));
}

function at(target: string, address: string, port: number): HttpTargetAddress {
  return { target, address: `${address.includes(':') ? `[${address}]` : address}:${port}` };
}

function runningAddress(pod: KubeObject): string | undefined {
  const { phase, podIP } = (pod['status'] ?? {}) as { phase?: string; podIP?: string };
  return phase === 'Running' && pod.metadata['deletionTimestamp'] === undefined ? podIP : undefined;
}
