import { z } from 'zod';
import { sandboxId } from '../sandbox/sandbox.schema.js';
import { MAX_MEMBERS } from './cohort.js';

/** On which sandboxes of the cohort: those that live, or the named ones. */
const sandboxes = z.union([z.literal('all'), z.array(sandboxId).min(1).max(MAX_MEMBERS)]);

export const actionSchema = z
  .discriminatedUnion('action', [
    /** By what the lab gives, or by so many minutes. */
    z.strictObject({
      action: z.literal('extend'),
      sandboxes,
      minutes: z.int().min(1).max(240).optional(),
    }),
    z.strictObject({ action: z.literal('reset'), sandboxes }),
    z.strictObject({ action: z.literal('release'), sandboxes }),
    z.strictObject({ action: z.literal('lower-hand'), sandboxes }),
    /** Shown on the learner's page at once, and kept in the learner's feed. */
    z.strictObject({ action: z.literal('message'), sandboxes, text: z.string().min(1).max(500) }),
  ])
  .meta({ id: 'CohortAction' });
export type CohortAction = z.infer<typeof actionSchema>;

export const actionAnswer = z
  .object({
    id: z.string(),
    action: z.enum(['extend', 'reset', 'release', 'lower-hand', 'message']),
    succeeded: z.int(),
    failed: z.int(),
    results: z.array(
      z.object({
        sandbox: z.string(),
        ok: z.boolean(),
        /** Code and detail of what went wrong. */
        code: z.string().optional(),
        detail: z.string().optional(),
        /** Of a reset: the sandbox that replaces it. */
        replacedBy: z.string().optional(),
        expiresAt: z.iso.datetime().nullable().optional(),
      }),
    ),
  })
  .meta({ id: 'CohortActionDone' });
export type ActionAnswer = z.infer<typeof actionAnswer>;
export type ActionResult = ActionAnswer['results'][number];
