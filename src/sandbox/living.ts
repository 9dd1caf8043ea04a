import type { ClusterAccess } from '../drivers/cluster-driver.js';
import type { Facts } from '../drivers/step.js';
import type { Bus } from '../events/bus.js';
import type { SandboxEventRecord, SandboxRow, StepRecord } from './sandbox-row.js';
import type { SandboxRepository } from './sandbox.repository.js';
import { isFinal } from './sandbox.machine.js';
import { type LiveSandbox, SandboxDirectory } from './live-sandbox.js';

/** How far a sandbox has been made; the database knows only `heldAt` and the state. */
export interface Made {
  /** The steps that need neither user nor lab text are done. */
  base: boolean;
  /** The lab's own set-up is done. */
  setUp: boolean;
  facts: Facts;
  /** Steps recorded so far, so that later ones follow. */
  steps: number;
  /** The engine holds the processes of the cluster. */
  paused: boolean;
  /** A learner's credential that nobody has been given yet: signing one takes longer than a claim may. */
  spare: ClusterAccess | undefined;
  /** When the cluster last answered, ms since the epoch. */
  answeredAt: number;
  /** Being claimed: no longer to be had by others, nor by the pool's housekeeping. */
  claiming: boolean;
  startedAt: number;
}

function newMade(): Made {
  return {
    base: false,
    setUp: false,
    facts: {},
    steps: 0,
    paused: false,
    spare: undefined,
    answeredAt: 0,
    claiming: false,
    startedAt: 0,
  };
}

/** A living sandbox in the memory of the service that owns it. */
export class Entry {
  initPid = 0;
  /** What is known of it beside its row, lost with the service and found again. */
  readonly made = newMade();
  /** Fires when the sandbox should no longer be provisioned. */
  readonly cancel = new AbortController();
  /** Minutes before the end of which the learner was warned. */
  warned = new Set<string>();
  /** Attached terminals, as told by the terminal feature. */
  attachments = 0;
  private readonly watchers = new Set<() => void>();
  /** Changes of what the engine does with the cluster follow one another. */
  private engine: Promise<unknown> = Promise.resolve();
  /** Writes follow one another. */
  private tail: Promise<unknown> = Promise.resolve();
  /** The last write may or may not have reached the database. */
  private stale = false;

  constructor(
    public row: SandboxRow,
    private readonly repository: SandboxRepository,
    private readonly bus: Bus,
  ) {}

  /**
   * Changes the row: `edit` works on a copy, which becomes the row once the database has it.
   * `edit` may throw to refuse; then nothing happens.
   */
  change(edit: (row: SandboxRow) => SandboxEventRecord[], steps: StepRecord[] = []): Promise<SandboxRow> {
    const run = this.tail.then(async () => {
      if (this.stale) await this.reload();
      const copy = { ...this.row };
      const events = edit(copy);
      this.stale = true;
      await this.repository.update({ row: copy, events, steps });
      this.stale = false;
      this.row = copy;
      if (events.length > 0) this.bus.emit('feed.appended', { sandboxId: copy.id });
      for (const watcher of this.watchers) watcher();
      return copy;
    });
    this.tail = run.catch(() => undefined);
    return run;
  }

  /** Runs `task` when no other one of this sandbox pauses, resumes or replaces the cluster. */
  exclusive<T>(task: () => Promise<T>): Promise<T> {
    const run = this.engine.then(task);
    this.engine = run.catch(() => undefined);
    return run;
  }

  /** Resolves when `test` holds, or after `ms`. */
  until(test: (row: SandboxRow) => boolean, ms: number): Promise<void> {
    if (test(this.row)) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.watchers.delete(watcher);
        resolve();
      };
      const timer = setTimeout(done, ms);
      const watcher = () => {
        if (test(this.row)) done();
      };
      this.watchers.add(watcher);
    });
  }

  private async reload(): Promise<void> {
    const row = await this.repository.find(this.row.tenantId, this.row.id);
    if (row) this.row = row;
    this.stale = false;
  }
}

/** All sandboxes that are not final, and what other features may know of them. */
export class Living extends SandboxDirectory {
  readonly entries = new Map<string, Entry>();

  constructor(
    private readonly repository: SandboxRepository,
    private readonly bus: Bus,
  ) {
    super();
    bus.on('terminal.activity', ({ sandboxId }) => this.touch(sandboxId));
    bus.on('terminal.enter', ({ sandboxId }) => this.touch(sandboxId));
    bus.on('terminal.attachments', ({ sandboxId, count }) => this.attachments(sandboxId, count));
  }

  add(row: SandboxRow): Entry {
    const entry = new Entry(row, this.repository, this.bus);
    this.entries.set(row.id, entry);
    return entry;
  }

  remove(id: string): void {
    this.entries.delete(id);
  }

  override find(sandboxId: string): LiveSandbox | undefined {
    const entry = this.entries.get(sandboxId);
    return entry && toLive(entry);
  }

  override all(): LiveSandbox[] {
    return [...this.entries.values()].flatMap((entry) => toLive(entry) ?? []);
  }

  /** Written with the next change or the next tick of the clocks; a crash counts as activity anyway. */
  override touch(sandboxId: string): void {
    const entry = this.entries.get(sandboxId);
    if (entry && !isFinal(entry.row.state)) entry.row.lastActivityAt = new Date();
  }

  private attachments(sandboxId: string, count: number): void {
    const entry = this.entries.get(sandboxId);
    if (!entry) return;
    entry.attachments = count;
    if (count > 0) entry.row.openedAt ??= new Date();
  }
}

export function toLive(entry: Entry): LiveSandbox | undefined {
  const { row, initPid } = entry;
  if ((row.state !== 'ready' && row.state !== 'paused') || !row.readyAt || !row.expiresAt) return undefined;
  if (row.userId === null || row.labSlug === null || row.labVersionId === null) return undefined;
  return {
    id: row.id,
    tenantId: row.tenantId,
    userId: row.userId,
    labSlug: row.labSlug,
    labVersionId: row.labVersionId,
    attempt: row.attempt,
    paused: row.state === 'paused',
    initPid,
    cluster: row.cluster && { nodes: row.cluster.nodes, phase: row.clusterPhase ?? 'running' },
    seed: row.seed,
    draw: row.draw,
    cohortId: row.cohortId,
    readyAt: row.readyAt,
    expiresAt: row.expiresAt,
  };
}
