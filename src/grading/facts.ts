import type { Json } from './json.js';

/** What expressions read under the name `sandbox`. What is of the cluster is null or empty while there is none. */
export interface SandboxFacts {
  /** `https://10.253.0.3:6443`, as it stands in a kubeconfig. */
  server: string | null;
  /** SHA-256 of the cluster's CA certificate (its DER form), hex. */
  caHash: string | null;
  /** Names of the nodes; the first is the control plane. */
  nodes: string[];
  /** Addresses of the nodes, in the same order. */
  nodeAddresses: string[];
  /** Such as `v1.34.4`. */
  kubernetesVersion: string | null;
  /** Also `uplink`, the lab host's address on its uplink, and `outside`, that of the other side; null without one. */
  [key: string]: Json;
}

export const NO_UPLINK_FACTS = { uplink: null, outside: null };

export const NO_CLUSTER_FACTS: SandboxFacts = {
  server: null,
  caHash: null,
  nodes: [],
  nodeAddresses: [],
  kubernetesVersion: null,
  ...NO_UPLINK_FACTS,
};
