import type { Logger } from '../../common/logger.js';
import type { Bus } from '../../events/bus.js';
import type { EventOutbox } from '../../events/outbox.js';
import type { SandboxDirectory } from '../../sandbox/live-sandbox.js';
import type { AttendanceRepository } from './attendance.repository.js';

/**
 * Writes down from when to when somebody was attached to a sandbox of a cohort: time on an objective counts only then,
 * also after a restart.
 */
export class Attendance {
  private readonly attended = new Set<string>();
  private tail: Promise<void> = Promise.resolve();
  private readonly stops: (() => void)[];

  constructor(
    private readonly d: {
      bus: Bus;
      outbox: EventOutbox;
      repository: AttendanceRepository;
      directory: SandboxDirectory;
      logger: Logger;
    },
  ) {
    this.stops = [
      d.bus.on('terminal.attachments', ({ sandboxId, count }) => this.note(sandboxId, count > 0)),
      d.bus.on('sandbox.ending', ({ sandboxId }) => this.note(sandboxId, false)),
    ];
  }

  close(): void {
    for (const stop of this.stops) stop();
  }

  private note(sandboxId: string, attached: boolean): void {
    if (this.attended.has(sandboxId) === attached) return;
    const live = this.d.directory.find(sandboxId);
    if (attached && (live?.cohortId ?? null) === null) return;
    if (attached) this.attended.add(sandboxId);
    else this.attended.delete(sandboxId);
    const at = new Date();
    this.tail = this.tail.then(() => this.write(sandboxId, attached, at));
  }

  /** A database that is away costs the moment, and no shell. */
  private async write(sandboxId: string, attached: boolean, at: Date): Promise<void> {
    try {
      await this.d.repository.note({ sandboxId, attached, at });
      this.d.outbox.committed(sandboxId);
    } catch (error) {
      this.d.logger.warn({ err: error, sandbox: sandboxId }, 'an attendance was not written');
    }
  }
}
