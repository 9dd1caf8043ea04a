import type { Finding } from './host-driver.js';
import type { CallOptions, Plan } from './step.js';

export interface ClusterSpec {
  /** Nodes in all, 1 to 3; the first is the control plane. */
  nodes: number;
}

/** One node as the machine sees it. */
export interface ClusterNode {
  /** Kubernetes' own name of the node, such as `wh-k3f9x2m7qa-1-control-plane`. */
  name: string;
  /** Address in the sandbox's own network. */
  address: string;
  /** Pid of the node's process 1 on the machine; 0 when it does not run. */
  initPid: number;
  /** Cgroup of the node below each hierarchy of the machine, such as `/docker/<id>`. */
  cgroup: string;
}

/** The network that a cluster and the lab host of the same sandbox share. */
export interface ClusterNetwork {
  /** Name of the Linux bridge on the machine. */
  bridge: string;
  /** The lab host's reserved address with its prefix, such as `10.253.0.2/26`. */
  hostCidr: string;
}

export interface ClusterSeen {
  attempt: number;
  state: 'creating' | 'running' | 'paused' | 'stopped' | 'unknown';
  nodes: ClusterNode[];
  network?: ClusterNetwork;
}

export interface ClusterFound extends ClusterSeen {
  id: string;
}

/**
 * Whose credential: `learner` may edit what is not of the system and read the rest, `admin` is cluster admin by RBAC,
 * `grader` is of the group `system:masters`, which no object in the cluster can take away.
 */
export type ClusterIdentity = 'learner' | 'admin' | 'grader';

/** Everything that a client needs. A new key and certificate at every call, so a claim never shares one. */
export interface ClusterAccess {
  /** `https://<address of the control plane>:6443`, reachable from the machine and from this sandbox's lab host. */
  server: string;
  /** PEM. */
  ca: string;
  cert: string;
  key: string;
  /** Unique per sandbox and call: clients cache credentials by it. */
  user: string;
  expiresAt: Date;
}

/**
 * Clusters: one per sandbox, named by sandbox id and attempt alone, so every method works without a database. Steps and
 * methods are safe to repeat. All methods reject with DriverError; `preflight` never rejects. The step `cluster.network`
 * leaves the facts `bridge` and `hostCidr`, which the lab host's link needs.
 */
export interface ClusterDriver {
  readonly name: string;
  readonly fidelity: 'real' | 'simulated';
  /** Changes when units made before would no longer be the same: node image, configuration. Short, [a-z0-9-]. */
  readonly base: string;
  preflight(): Promise<Finding[]>;
  /** A kubectl of the clusters' own version, as a file of the machine. Never rejects. */
  kubectl?(): Promise<string | undefined>;
  /** Pure: no I/O, same input gives the same steps. After the last one the API answers and the node is Ready. */
  plan(id: string, attempt: number, spec: ClusterSpec): Plan;
  /** undefined = surely absent; unsure rejects with `unavailable`. Changes nothing. */
  inspect(id: string, o: CallOptions): Promise<ClusterSeen | undefined>;
  /** Processes, addresses and disk stay. Resolves when the engine has done it; the API answers a moment later. */
  setPaused(id: string, attempt: number, paused: boolean, o: CallOptions): Promise<void>;
  /** Success on nothing; done only when `list` no longer shows the id; safe beside itself. */
  destroy(id: string, o: CallOptions): Promise<void>;
  /** All clusters with our install's mark, half-made ones included. */
  list(o: CallOptions): Promise<ClusterFound[]>;
  /** Local and quick (milliseconds), also while the cluster is paused. Rejects with `not_found` before it was made. */
  access(id: string, attempt: number, who: ClusterIdentity, o: CallOptions): Promise<ClusterAccess>;
  /** Starts a stopped cluster once more, as after a restart of the machine; rejects when it cannot be had back. */
  repair(id: string, attempt: number, o: CallOptions): Promise<void>;
  /** When the learner last asked the API server for something, ms since the epoch; undefined = never, or unknown. */
  activityAt(id: string, attempt: number): number | undefined;
}
