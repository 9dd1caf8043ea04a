import { z } from 'zod';
import { assertSchema } from '../grading/assert.js';
import { CAPABILITIES, capabilitySchema } from './capability.js';
import { durationSchema } from './duration.js';
import { idSchema, localized } from './text-spec.js';

const hintSchema = z
  .strictObject({
    /** Time since the objective was unblocked. */
    after: durationSchema.optional(),
    attempts: z.int().min(1).max(100).optional(),
    /** Expression over the observations; once it held, the hint stays. */
    when: z.string().min(1).max(4096).optional(),
    /** Share of the objective's weight. */
    cost: z.number().min(0).max(0.5).default(0),
    text: localized,
  })
  .refine(
    (hint) => [hint.after, hint.attempts, hint.when].filter((rule) => rule !== undefined).length === 1,
    'a hint has exactly one of after, attempts, when',
  );

/** `never: { armed: start, cel: "..." }`: the assertion stands beside its two rules. */
const neverSchema = z.preprocess(
  (raw) => {
    if (typeof raw !== 'object' || raw === null) return raw;
    const { armed, until, ...assert } = raw as Record<string, unknown>;
    return { armed, until, assert };
  },
  z.strictObject({
    assert: assertSchema,
    armed: z.enum(['unblocked', 'start']).default('unblocked'),
    until: z.enum(['passed', 'freeze']).default('passed'),
  }),
);

export const objectiveSchema = z
  .strictObject({
    id: idSchema,
    title: localized,
    weight: z.int().min(1).max(100),
    needs: z.array(idSchema).default([]),
    /** What the engine must offer for it; where it does not, the objective is left out of the run. */
    requires: z.array(capabilitySchema).max(CAPABILITIES.length).default([]),
    /** Left out only beside `never`: then it holds as soon as it is unblocked. */
    assert: assertSchema.optional(),
    never: neverSchema.optional(),
    within: z
      .strictObject({
        /** `unblocked`, `start`, or the objective whose first pass starts the clock. */
        from: idSchema.default('unblocked'),
        for: durationSchema,
      })
      .optional(),
    /** `unblocked`, `start`, or an objective: what logs held before then does not count. */
    since: idSchema.optional(),
    stableFor: durationSchema.default('0s'),
    regressAfter: durationSchema.default('500ms'),
    latch: z.boolean().default(false),
    bonus: z.boolean().default(false),
    hidden: z.boolean().default(false),
    /** How often the learner may leave `failed`. */
    retry: z.int().min(0).max(20).default(0),
    hints: z
      .array(hintSchema)
      .max(8)
      .default([])
      .refine(
        (hints) => hints.reduce((sum, hint) => sum + hint.cost, 0) <= 0.5,
        'hints cost more than half in sum',
      ),
    explain: z
      .array(z.strictObject({ when: z.string().min(1).max(4096), text: localized }))
      .max(16)
      .default([]),
  })
  .refine((o) => o.assert !== undefined || o.never !== undefined, {
    message: 'an objective needs an assert, or a never',
    path: ['assert'],
  });

export type ObjectiveSpec = z.infer<typeof objectiveSchema>;
export type HintSpec = z.infer<typeof hintSchema>;
