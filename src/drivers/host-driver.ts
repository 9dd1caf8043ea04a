import type { Duplex } from 'node:stream';
import type { Pty } from '../terminal/pty/pty.js';
import type { CallOptions, Plan } from './step.js';

/** One result of a preflight or doctor check. `fix` is a command or a sentence that the reader can act on. */
export interface Finding {
  code: string;
  level: 'ok' | 'warn' | 'fail';
  found: string;
  wanted: string;
  fix?: string;
}

/** Capabilities of `sandbox.requires` that decide what a lab host is given. */
export const HOST_CAPABILITIES = ['netns', 'ovs', 'nft', 'nested-proc', 'cgroup', 'uplink'] as const;
export type HostCapability = (typeof HOST_CAPABILITIES)[number];

export interface HostSpec {
  /** Slot of the id range, 0..8191; unique among living sandboxes of the machine. */
  slot: number;
  requires: HostCapability[];
  /** Files published read-only under /run/wheelhouse inside; name -> text. */
  publish?: Record<string, string>;
  /**
   * Joins the lab host to the network of its cluster as `mgmt0`. Adds the step `host.link`, which reads the facts
   * `bridge` and `hostCidr` that the step `cluster.network` left.
   */
  link?: boolean;
}

/** Where a lab host is joined to its cluster, as the cluster driver's `ClusterNetwork`. */
export interface HostNetwork {
  /** Name of the Linux bridge on the machine, which must have its fence already. */
  bridge: string;
  /** Address of the lab host with its prefix, such as `10.253.0.2/26`. */
  hostCidr: string;
}

/** What the kernel shows of a lab host. */
export interface HostSeen {
  state: 'creating' | 'running' | 'stopped' | 'unknown';
  attempt: number;
  /** Pid of the lab host's process 1 on the machine; 0 when it does not run. */
  initPid: number;
}

export interface HostFound extends HostSeen {
  id: string;
}

export interface PtySpec {
  argv: string[];
  env: Record<string, string>;
  cols: number;
  rows: number;
}

export interface ExecResult {
  exit: number;
  stdout: string;
  stderr: string;
}

/** A script whole, whose first line names its interpreter, and what stands on its standard input. */
export interface Check {
  script: string;
  input: string;
}

/** `why` says which limit it met, or how else it ended, where `exit` is null. */
export type CheckResult = { exit: 0 | 1; stdout: string } | { exit: null; why: string };

/**
 * Lab hosts: one OCI container per sandbox, named by sandbox id and attempt alone, so every method works without a
 * database. Drivers never touch the database. All methods reject with DriverError; `preflight` never rejects.
 */
export interface HostDriver {
  readonly name: string;
  preflight(): Promise<Finding[]>;
  /** What lab hosts can do here, as preflight found it; absent = everything. */
  capabilities?(): readonly HostCapability[];
  /** Pure: no I/O, same input gives the same steps. */
  plan(id: string, attempt: number, spec: HostSpec): Plan;
  /** undefined = surely absent; unsure rejects with `unavailable`. Changes nothing. */
  inspect(id: string, o: CallOptions): Promise<HostSeen | undefined>;
  /** Success on nothing; done only when `list` no longer shows the id; safe beside itself. */
  destroy(id: string, o: CallOptions): Promise<void>;
  /** All lab hosts with our install's mark, half-made ones included. */
  list(o: CallOptions): Promise<HostFound[]>;
  /**
   * Shows these files under /run/wheelhouse inside, each replaced in one step; null takes one away. Rejects with
   * `not_found` before the step `host.bundle`.
   */
  publish(id: string, attempt: number, files: Record<string, string | null>, o: CallOptions): Promise<void>;
  /**
   * A Unix socket /run/wheelhouse/<name> inside, answered by `onConnection` in this process. Again for the same name
   * replaces it (a socket of a service before this one does not answer). Its close takes the socket away, and so does
   * `destroy`. A lab host has at most 8 connections at once, and one that is silent for five minutes is ended; the
   * other side may close its half first, so `onConnection` ends each itself.
   */
  listen(
    id: string,
    attempt: number,
    name: string,
    onConnection: (socket: Duplex) => void,
    o: CallOptions,
  ): Promise<{ close(): Promise<void> }>;
  /**
   * Joins a running lab host to the bridge as `mgmt0`, behind its fence. Again does nothing, or mends what is not whole,
   * as after its cluster was made anew. The step `host.link` does the same.
   */
  link(id: string, attempt: number, network: HostNetwork, o: CallOptions): Promise<void>;
  /**
   * Gives a running lab host its uplink: `uplink0`, behind which there is a namespace of ours with a web server and no
   * way to anywhere. Again does nothing while both ends are there, whatever the learner did to theirs; else makes what
   * is missing. The step `host.uplink`, of those who require `uplink`, does the same.
   */
  uplink(id: string, attempt: number, o: CallOptions): Promise<void>;
  /** Cheap, without waiting: whether this process 1 still runs. Absent where processes are not real. */
  isAlive?(initPid: number): boolean;
  /** A PTY of the container's own devpts. */
  openPty(id: string, attempt: number, spec: PtySpec, o: CallOptions): Promise<Pty>;
  /**
   * Runs a script of a lab's author in a box of its own, apart from every lab host: read-only image, no network, no
   * rights, two seconds, 64 MiB. Rejects only where the box cannot be made. Absent where there are no real containers.
   */
  runCheck?(check: Check, o: CallOptions): Promise<CheckResult>;
  /** Runs argv inside the lab host, where everything belongs to the learner: never evidence. */
  exec(id: string, attempt: number, argv: string[], o: CallOptions): Promise<ExecResult>;
}
