import { z } from 'zod';
import { pageOf, pageQuery } from '../http/page.js';
import { labSlug } from '../sandbox/sandbox.schema.js';
import { externalId } from '../tenants/user.schema.js';
import { type Cohort, MAX_MEMBERS, phaseOf } from './cohort.js';

export const cohortRef = z
  .string()
  .regex(/^[a-z0-9_-]{3,48}$/, 'the id or the name of a cohort: 3 to 48 of a-z, 0-9, - and _');

/** No name may look like an id. */
const slug = z
  .string()
  .regex(/^(?!coh_)[a-z0-9][a-z0-9-]{2,47}$/, 'a name of a cohort is 3 to 48 of a-z, 0-9 and -');

const time = z.iso.datetime({ offset: true });
const limit = z.int().min(0).max(10_000).nullable();

const prewarm = z.array(z.strictObject({ lab: labSlug, count: z.int().min(1).max(200), at: time })).max(50);

const fields = {
  slug,
  title: z.string().min(1).max(200),
  /** null = at once. */
  opensAt: time.nullable(),
  /** Sandboxes of the cohort end then at the latest; null = it does not close. */
  closesAt: time.nullable(),
  /** Labs draw their parameters for each learner. */
  individualise: z.boolean(),
  /** Clusters that are warm when a class begins. */
  prewarm,
  /** Living sandboxes at once; null = as the tenant says. */
  maxSandboxes: limit,
  maxSandboxesPerUser: limit,
};

export const createCohortSchema = z
  .strictObject({
    slug: fields.slug,
    title: fields.title,
    opensAt: fields.opensAt.default(null),
    closesAt: fields.closesAt.default(null),
    individualise: fields.individualise.default(false),
    prewarm: fields.prewarm.default([]),
    maxSandboxes: fields.maxSandboxes.default(null),
    maxSandboxesPerUser: fields.maxSandboxesPerUser.default(null),
  })
  .meta({ id: 'CreateCohort' });

export const patchCohortSchema = z.strictObject(fields).partial().meta({ id: 'PatchCohort' });

export const cohortSchema = z
  .object({
    ...fields,
    id: z.string(),
    phase: z.enum(['scheduled', 'open', 'closed']),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Cohort' });
export const cohortPage = pageOf(cohortSchema).meta({ id: 'CohortPage' });

const role = z.enum(['learner', 'instructor']);
const group = z.string().min(1).max(64);

export const memberSchema = z
  .object({
    userId: z.string(),
    externalId: z.string(),
    displayName: z.string(),
    role,
    group: z.string().nullable(),
  })
  .meta({ id: 'Member' });
export const memberPage = pageOf(memberSchema).meta({ id: 'MemberPage' });
export const memberQuery = pageQuery.extend({ role: role.optional(), group: group.optional() });

export const putMembersSchema = z
  .strictObject({
    members: z
      .array(
        z
          .strictObject({
            /** Your own id; users are made when they are named for the first time. */
            user: externalId.optional(),
            /** Our id, of a user who is there. */
            userId: z.string().max(64).optional(),
            displayName: z.string().min(1).max(128).optional(),
            role: role.default('learner'),
            group: group.nullable().default(null),
          })
          .refine(
            (m) => (m.user === undefined) !== (m.userId === undefined),
            'name exactly one of user, userId',
          ),
      )
      .max(MAX_MEMBERS),
    /** Whoever is not named goes. */
    replace: z.boolean().default(false),
  })
  .meta({ id: 'PutMembers' });

export const putMembersAnswer = z
  .object({ added: z.int(), updated: z.int(), removed: z.int() })
  .meta({ id: 'MembersChanged' });

export function toCohort(cohort: Cohort, now: number): z.infer<typeof cohortSchema> {
  const { tenantId: _, createdAt, opensAt, closesAt, ...rest } = cohort;
  return {
    ...rest,
    opensAt: opensAt?.toISOString() ?? null,
    closesAt: closesAt?.toISOString() ?? null,
    phase: phaseOf(cohort, now),
    createdAt: createdAt.toISOString(),
  };
}
