import type { Clock } from '../common/clock.js';
import { kernelName } from '../common/ids.js';
import type { Logger } from '../common/logger.js';
import type { ClusterDriver } from '../drivers/cluster-driver.js';
import type { Advance } from './advance.js';
import { due, type Limits } from './due.js';
import type { Entry, Living } from './living.js';

const TICK_MS = 1000;

/** TTL, idleness and their warnings, from the one `expiresAt` of the row. */
export class Clocks {
  private cancel: (() => void) | undefined;

  constructor(
    private readonly d: {
      living: Living;
      advance: Advance;
      clusters: ClusterDriver;
      clock: Clock;
      logger: Logger;
      limits: Limits;
    },
  ) {}

  start(): void {
    this.cancel = this.d.clock.after(TICK_MS, () => {
      for (const entry of this.d.living.entries.values()) this.look(entry);
      this.start();
    });
  }

  stop(): void {
    this.cancel?.();
  }

  private look(entry: Entry): void {
    this.noteActivity(entry);
    const found = due(entry.row, this.d.clock.now(), this.d.limits);
    if (!found || entry.row.intent !== 'run') return;
    const mark = found.kind === 'release' ? `release:${found.reason}` : found.mark;
    if (entry.warned.has(mark)) return;
    entry.warned.add(mark);
    this.act(entry, found).catch((error: unknown) => {
      entry.warned.delete(mark);
      this.d.logger.warn({ err: error, sandbox: entry.row.id }, 'a clock could not act, will try again');
    });
  }

  /** What a learner asks of the API server is activity, wherever it was typed. */
  private noteActivity({ row }: Entry): void {
    if (!row.cluster || row.state !== 'ready') return;
    const at = this.d.clusters.activityAt(kernelName(row.id), row.attempt);
    if (at === undefined || at <= (row.lastActivityAt?.getTime() ?? 0)) return;
    row.lastActivityAt = new Date(at);
    row.openedAt ??= new Date(at);
  }

  private async act(entry: Entry, found: NonNullable<ReturnType<typeof due>>): Promise<void> {
    if (found.kind === 'warn') {
      const payload = {
        reason: found.text,
        inSeconds: Math.ceil(found.inMs / 1000),
        expiresAt: entry.row.expiresAt,
      };
      await entry.change(() => [{ type: 'sandbox.expiring', payload }]);
      return;
    }
    await entry.change((row) => {
      row.intent = 'release';
      row.failureCode = 'sandbox_expired';
      row.failureDetail = `Ended: ${found.reason}.`;
      return [];
    });
    this.d.advance.kick(entry);
  }
}
