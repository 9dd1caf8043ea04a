import { z } from 'zod';
import { idSchema } from '../labs/text-spec.js';

export const progressQuery = z.object({ locale: z.string().max(35).optional() });
export const objectiveParam = idSchema;
export const hintParam = z.coerce.number().int().min(1).max(8);
export const evidenceParam = z.string().regex(/^evd_[a-z0-9]{10}$/, 'must be the id of a piece of evidence');
