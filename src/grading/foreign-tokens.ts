import type { AuditLog } from '../audit/audit-log.js';
import type { Clock } from '../common/clock.js';
import { labValues, secretValues, type Draw } from '../labs/params.js';
import type { LabSpec } from '../labs/lab-spec.js';

/** A run whose parameters were drawn. */
export interface DrawnRun {
  sandboxId: string;
  userId: string;
  labVersionId: string;
  draw: Draw;
}

interface Asker {
  tenantId: string;
  sandboxId: string;
  userId: string;
  labSlug: string;
}

/** What was drawn for others is read anew at most this often. */
const FRESH_MS = 1000;
const MAX_LABS = 100;

/** Knows which texts are tokens that were drawn for other learners of the same lab, in runs that live or have ended. */
export class ForeignTokens {
  private readonly known = new Map<string, { at: number; runs: ReadonlyMap<string, DrawnRun> }>();

  constructor(
    private readonly d: {
      drawnRuns(tenantId: string, labSlug: string): Promise<DrawnRun[]>;
      specOf(tenantId: string, labVersionId: string): Promise<LabSpec>;
      clock: Clock;
      audit: Pick<AuditLog, 'record'>;
    },
  ) {}

  /** Those of the candidates that are somebody else's. Whose, the audit log says: the learner's own feed must not. */
  async among(candidates: readonly string[], who: Asker): Promise<Set<string>> {
    const runs = await this.runsOf(who);
    const found = new Set<string>();
    for (const candidate of candidates) {
      const run = runs.get(candidate);
      if (!run || run.userId === who.userId) continue;
      found.add(candidate);
      this.d.audit.record({
        tenantId: who.tenantId,
        actor: 'grader',
        action: 'grading.foreign_token',
        subject: who.sandboxId,
        detail: { user: who.userId, ofSandbox: run.sandboxId, ofUser: run.userId },
      });
    }
    return found;
  }

  private async runsOf({ tenantId, labSlug }: Asker): Promise<ReadonlyMap<string, DrawnRun>> {
    const key = `${tenantId} ${labSlug}`;
    const known = this.known.get(key);
    if (known && this.d.clock.monotonic() - known.at < FRESH_MS) return known.runs;
    const runs = new Map<string, DrawnRun>();
    for (const run of await this.d.drawnRuns(tenantId, labSlug)) {
      const spec = await this.d.specOf(tenantId, run.labVersionId);
      for (const token of secretValues(spec, labValues(spec, run.draw))) runs.set(token, run);
    }
    if (this.known.size >= MAX_LABS) this.known.clear();
    this.known.set(key, { at: this.d.clock.monotonic(), runs });
    return runs;
  }
}
