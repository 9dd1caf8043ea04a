import { z } from 'zod';
import { idSchema } from '../labs/text-spec.js';

export const progressQuery = z.object({ locale: z.string().max(35).optional() });
export const objectiveParam = idSchema;
export const hintParam = z.coerce.number().int().min(1).max(8);
export const evidenceParam = z.string().regex(/^evd_[a-z0-9]{10}$/, 'must be the id of a piece of evidence');

/** Name of whoever decided, as people know it; the credential's by default. */
const by = z.string().trim().min(1).max(100).optional();
const reason = z.string().trim().min(1).max(500);

export const overrideSchema = z
  .union(
    [
      z.strictObject({ state: z.enum(['passed', 'failed']), reason, by }),
      z.strictObject({ clear: z.literal(true), reason: reason.optional(), by }),
    ],
    { error: 'must be { state: passed | failed, reason } or { clear: true }' },
  )
  .meta({ id: 'OverrideObjective' });

export const confirmSchema = z.strictObject({ by }).default({}).meta({ id: 'ConfirmScore' });
