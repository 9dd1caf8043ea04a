import { Prisma } from '../database/generated/client.js';
import type * as rows from '../database/generated/models.js';
import type { Decision } from './credit.js';
import type { Fall } from './fall.js';
import type { FreezeCause, Frozen } from './freeze.js';
import type { Change, StoredDecision, StoredObjective } from './grading.repository.js';

/** The row of the run as a whole, where the change says something of it. */
export async function saveRun(tx: Prisma.TransactionClient, change: Change): Promise<void> {
  const { tenantId, sandboxId, frozen, shown } = change;
  if (!frozen && shown === undefined) return;
  const data = {
    ...(shown === undefined
      ? {}
      : { shown: shown === null ? Prisma.DbNull : (shown as Prisma.InputJsonValue) }),
    ...(frozen ? frozenRow(frozen) : {}),
  };
  await tx.run.upsert({ where: { sandboxId }, create: { tenantId, sandboxId, ...data }, update: data });
}

function frozenRow(frozen: NonNullable<Change['frozen']>) {
  const { at, cause, provisional, confirmedAt, confirmedBy, points, max, fraction } = frozen;
  return { frozenAt: at, cause, provisional, confirmedAt, confirmedBy, points, max, fraction };
}

export function frozenOf(row: {
  frozenAt: Date | null;
  cause: string | null;
  provisional: boolean;
  confirmedAt: Date | null;
  confirmedBy: string | null;
}): Frozen | null {
  const { frozenAt, cause, provisional, confirmedAt, confirmedBy } = row;
  if (!frozenAt) return null;
  return { at: frozenAt, cause: (cause ?? 'asked') as FreezeCause, provisional, confirmedAt, confirmedBy };
}

export function storedObjective(row: rows.ObjectiveStateModel): StoredObjective {
  const { hintLevel, explanation, tenantId: _, sandboxId: __, ...rest } = row;
  return { ...rest, hintsTaken: hintLevel, fall: explanation as unknown as Fall | null };
}

export function storedDecision(row: rows.OverrideModel): StoredDecision {
  const { objectiveId, state, reason, by, actor, at } = row;
  return { objectiveId, state: state as Decision['state'] | null, reason, by, actor, at };
}
