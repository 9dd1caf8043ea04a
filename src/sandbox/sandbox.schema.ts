import { z } from 'zod';
import { pageOf, pageQuery } from '../http/page.js';
import { externalId } from '../tenants/user.schema.js';

export const sandboxId = z.string().regex(/^sb_[a-z0-9]{10}$/, 'a sandbox id is sb_ and ten of a-z, 0-9');

export const labSlug = z.string().regex(/^[a-z0-9-]{3,48}$/, 'a lab id is 3 to 48 of a-z, 0-9 and -');

export const allocateSchema = z
  .strictObject({
    lab: labSlug,
    /** Required for platforms; a learner token allocates for its own user. */
    user: externalId.optional(),
    /** Id or name of the cohort in which the learner works; not needed with a token that is bound to one. */
    cohort: z
      .string()
      .regex(/^[a-z0-9_-]{3,48}$/, 'an id or a name of a cohort')
      .optional(),
    /** Draws the lab's parameters for this run; a sandbox that lives already keeps its values. */
    individualise: z.boolean().default(false),
    /** How long the answer may wait for `ready`, seconds. */
    waitSeconds: z.number().min(0).max(30).default(5),
  })
  .meta({ id: 'AllocateSandbox' });

const queueSchema = z.object({
  position: z.int(),
  etaSeconds: z.int().nullable(),
  reason: z.string(),
});

const clusterSchema = z.object({
  nodes: z.int(),
  fidelity: z.enum(['real', 'simulated']),
  /** Other than `running`: the learner has not started it, or has stopped or deleted it. */
  phase: z.enum(['hidden', 'running', 'stopped', 'deleted', 'making']),
});

export const sandboxSchema = z
  .object({
    id: z.string(),
    lab: z.string(),
    labVersionId: z.string(),
    userId: z.string(),
    state: z.enum(['queued', 'provisioning', 'ready', 'paused', 'releasing', 'released', 'failed']),
    tier: z.string(),
    attempt: z.int(),
    requires: z.array(z.string()),
    cluster: clusterSchema.nullable(),
    createdAt: z.iso.datetime(),
    readyAt: z.iso.datetime().nullable(),
    expiresAt: z.iso.datetime().nullable(),
    endedAt: z.iso.datetime().nullable(),
    extensions: z.int(),
    /** Its lab's parameters were drawn for it. */
    individualised: z.boolean(),
    replacesId: z.string().nullable(),
    cohortId: z.string().nullable(),
    /** The learner asks for help since then. */
    handRaisedAt: z.iso.datetime().nullable(),
    failure: z.object({ code: z.string(), detail: z.string() }).nullable(),
    queue: queueSchema.nullable(),
  })
  .meta({ id: 'Sandbox' });

export type SandboxView = z.infer<typeof sandboxSchema>;

export const sandboxPage = pageOf(sandboxSchema).meta({ id: 'SandboxPage' });

export const listQuery = pageQuery.extend({
  user: externalId.optional(),
  lab: labSlug.optional(),
  /** Id of a cohort. */
  cohort: z.string().max(64).optional(),
  state: sandboxSchema.shape.state.optional(),
});

export const stepsSchema = z
  .object({
    items: z.array(
      z.object({
        attempt: z.int(),
        name: z.string(),
        state: z.enum(['running', 'done', 'failed', 'undone']),
        startedAt: z.iso.datetime(),
        endedAt: z.iso.datetime().nullable(),
        error: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'SandboxSteps' });
