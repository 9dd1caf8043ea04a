import type { Draw } from '../labs/params.js';

/**
 * What of the cluster is there for the learner and for grading: all other phases but `running` show nothing.
 * `hidden`: made, but not started by the learner yet; `stopped`: paused by the learner; `making`: being made anew.
 */
export type ClusterPhase = 'hidden' | 'running' | 'stopped' | 'deleted' | 'making';

/** What the other features may know of a sandbox that runs. */
export interface LiveSandbox {
  id: string;
  tenantId: string;
  userId: string;
  labSlug: string;
  labVersionId: string;
  attempt: number;
  /** Held by the platform: nothing in it runs. */
  paused: boolean;
  /** Pid of the lab host's process 1 on the machine. */
  initPid: number;
  /** null = a lab without a cluster. */
  cluster: { nodes: number; phase: ClusterPhase } | null;
  seed: string;
  /** What the parameters of the run are drawn from; null = the lab's defaults. */
  draw: Draw | null;
  /** null = allocated in no cohort. */
  cohortId?: string | null;
  readyAt: Date;
  expiresAt: Date;
}

/** Implemented by the sandbox feature; terminal and grading look sandboxes up here, never in its tables. */
export abstract class SandboxDirectory {
  /** Ready (or paused) sandboxes only. */
  abstract find(sandboxId: string): LiveSandbox | undefined;
  abstract all(): LiveSandbox[];
  /** Someone did something with it: moves the idle clock. */
  abstract touch(sandboxId: string): void;
}

/** What the learner's `minikube` command may do with the cluster of its own sandbox. Progress lines are for people. */
export interface ClusterControl {
  /** `ip` is the address of the control plane while the phase is `running`. */
  status(): { phase: ClusterPhase; ip: string | null; kubernetesVersion: string | null };
  /** Reveals, resumes or makes the cluster anew; resolves once it answers, with a kubeconfig for the learner. */
  start(progress: (text: string) => void): Promise<{ kubeconfig: string }>;
  stop(): Promise<void>;
  delete(): Promise<void>;
}
