import { z } from 'zod';
import { assertSchema } from '../grading/assert.js';
import { idSchema, localized } from './text-spec.js';

/** Watched from the start to the freeze; a trip is never taken back. */
export const tripwireSchema = z.strictObject({
  id: idSchema,
  /** What must not be. */
  never: assertSchema,
  /** `flag` is shown and told of; the others also fail objectives, or take a share of the maximum. */
  onTrip: z.union(
    [
      z.literal('flag'),
      z.strictObject({ fail: z.array(idSchema).min(1).max(64) }),
      z.strictObject({ cost: z.number().gt(0).max(1) }),
    ],
    { error: 'must be flag, fail: [objective, ...] or cost: 0.1' },
  ),
  text: localized,
});

export type TripwireSpec = z.infer<typeof tripwireSchema>;
