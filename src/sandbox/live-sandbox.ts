/** What the other features may know of a sandbox that runs. */
export interface LiveSandbox {
  id: string;
  tenantId: string;
  userId: string;
  labSlug: string;
  labVersionId: string;
  attempt: number;
  /** Pid of the lab host's process 1 on the machine. */
  initPid: number;
  /** Seed for drawn parameters. */
  seed: string;
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
