import type { Clock } from '../common/clock.js';
import type { Logger } from '../common/logger.js';

export type AuditAction =
  | 'ticket.minted'
  | 'ticket.used'
  | 'ticket.refused'
  | 'terminal.attached'
  | 'terminal.shadowed'
  | 'terminal.detached'
  | 'terminal.taken_over'
  | 'terminal.given_back'
  | 'terminal.signal'
  | 'terminal.killed'
  | 'attachment.closed'
  | 'recording.downloaded'
  | 'recording.deleted'
  | 'recording.stopped'
  | 'cohort.created'
  | 'cohort.changed'
  | 'cohort.deleted'
  | 'cohort.members'
  | 'cohort.action'
  | 'tenant.changed'
  | 'webhook.created'
  | 'webhook.changed'
  | 'webhook.deleted'
  | 'webhook.redelivered'
  | 'grading.overridden'
  | 'grading.confirmed'
  | 'grading.foreign_token'
  | 'limit.hit';

export interface AuditEntry {
  tenantId: string;
  /** User or credential. */
  actor: string;
  action: AuditAction;
  /** What it was done to. */
  subject: string;
  ip?: string | undefined;
  /** Never contents of a terminal, never a secret. */
  detail?: Record<string, string | number | boolean | null>;
}

export interface AuditRow extends AuditEntry {
  at: Date;
}

const FLUSH_MS = 50;
const RETRY_MS = 2000;
/** What may wait for a database that is away. */
const MAX_WAITING = 10_000;
const LIMITS_MS = 60_000;

/**
 * The order of what was done, written behind the back of whoever does it: a database that is away stops no shell. The
 * rows wait for it, and are lost with the process only.
 */
export class AuditLog {
  private waiting: AuditRow[] = [];
  private dropped = 0;
  private closed = false;
  private cancel: (() => void) | undefined;
  private writing: Promise<void> | undefined;
  private readonly limits = new Map<string, { entry: AuditEntry; count: number }>();
  private cancelLimits: (() => void) | undefined;

  constructor(
    private readonly write: (rows: AuditRow[]) => Promise<void>,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  record(entry: AuditEntry): void {
    if (this.waiting.length >= MAX_WAITING) {
      this.dropped++;
      return;
    }
    this.waiting.push({ ...entry, at: new Date(this.clock.now()) });
    this.plan(FLUSH_MS);
  }

  /** Limits are hit in floods: one row a minute and kind, with their number. */
  limitHit(entry: Omit<AuditEntry, 'action'>): void {
    const key = JSON.stringify([entry.tenantId, entry.actor, entry.subject, entry.ip]);
    const known = this.limits.get(key);
    if (known) known.count++;
    else if (this.limits.size < MAX_WAITING)
      this.limits.set(key, { entry: { ...entry, action: 'limit.hit' }, count: 1 });
    this.cancelLimits ??= this.clock.after(LIMITS_MS, () => this.flushLimits());
  }

  /** Writes what waits, once. */
  async close(): Promise<void> {
    this.cancelLimits?.();
    this.flushLimits();
    this.closed = true;
    this.cancel?.();
    await this.writing;
    await this.flush();
  }

  private flushLimits(): void {
    this.cancelLimits = undefined;
    for (const { entry, count } of this.limits.values())
      this.record({ ...entry, detail: { ...entry.detail, count } });
    this.limits.clear();
  }

  private plan(ms: number): void {
    if (this.writing || this.closed) return;
    this.cancel ??= this.clock.after(ms, () => {
      this.cancel = undefined;
      void this.flush();
    });
  }

  private async flush(): Promise<void> {
    const rows = this.waiting.splice(0);
    if (rows.length === 0) return;
    let next = FLUSH_MS;
    this.writing = this.write(rows).catch((error: unknown) => {
      this.logger.warn({ err: error, rows: rows.length }, 'the audit log could not be written; it waits');
      this.waiting.unshift(...rows);
      next = RETRY_MS;
    });
    await this.writing;
    this.writing = undefined;
    if (this.dropped > 0) this.logger.error({ dropped: this.dropped }, 'audit rows were dropped');
    this.dropped = 0;
    if (this.waiting.length > 0) this.plan(next);
  }
}
