import type { z } from 'zod';
import type { Draw } from '../labs/params.js';
import type { Frozen } from './freeze.js';
import { scoreOfRun } from './progress-view.js';
import type { runsSchema } from './progress.js';
import type { Run } from './run.js';

export type EndedRun = z.infer<typeof runsSchema>['items'][number];

/** A sandbox whose run is over: frozen, or gone. */
export interface EndedRow {
  tenantId: string;
  id: string;
  labVersionId: string;
  draw: Draw | null;
  readyAt: Date | null;
  endedAt: Date | null;
  failureCode: string | null;
}

/** Counted anew from what was stored, so that it is what the progress of that run says. */
export function endedRun(
  row: EndedRow,
  { run, frozen, replay }: { run: Run; frozen: Frozen; replay: EndedRun['replay'] },
): EndedRun {
  const score = scoreOfRun(run, true);
  const { at, cause, provisional, confirmedAt, confirmedBy } = frozen;
  return {
    sandboxId: row.id,
    labVersionId: row.labVersionId,
    individualised: row.draw !== null,
    startedAt: row.readyAt?.toISOString() ?? null,
    frozenAt: at.toISOString(),
    cause,
    score: { points: score.points, max: score.max, fraction: score.fraction },
    passed: score.fraction >= run.lab.spec.passMark,
    provisional,
    confirmed: confirmedAt ? { at: confirmedAt.toISOString(), by: confirmedBy ?? '' } : null,
    replay,
  };
}
