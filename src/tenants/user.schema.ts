import { z } from 'zod';
import type { UserRow } from './user.repository.js';

/** The platform's own name for a learner. */
export const externalId = z
  .string()
  .regex(/^[A-Za-z0-9_.@:-]{1,128}$/, 'use 1 to 128 of letters, digits and _ . @ : -');

export const userSchema = z
  .object({
    id: z.string(),
    externalId: z.string(),
    displayName: z.string(),
    locale: z.string(),
    role: z.string(),
    /** Living sandboxes at once; null = as the tenant says. */
    maxSandboxes: z.int().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'User' });

export const putUserSchema = z
  .strictObject({
    displayName: z.string().min(1).max(128).optional(),
    locale: z.enum(['fr', 'en']).optional(),
    maxSandboxes: z.int().min(0).max(1000).nullable().optional(),
  })
  .meta({ id: 'PutUser' });

export const mintTokenSchema = z
  .strictObject({
    /** `instructor`: for the cohorts that the user teaches. */
    as: z.enum(['learner', 'instructor']).default('learner'),
    /** Id or name of a cohort: a learner's token then allocates in this one alone. */
    cohort: z
      .string()
      .regex(/^[a-z0-9_-]{3,48}$/, 'an id or a name of a cohort')
      .optional(),
  })
  .prefault({})
  .meta({ id: 'MintToken' });

export const tokenSchema = z
  .object({ token: z.string(), expiresAt: z.iso.datetime() })
  .meta({ id: 'LearnerToken' });

export function toUser(row: UserRow): z.infer<typeof userSchema> {
  const { id, externalId: external, displayName, locale, role, maxSandboxes, createdAt } = row;
  return {
    id,
    externalId: external,
    displayName,
    locale,
    role,
    maxSandboxes,
    createdAt: createdAt.toISOString(),
  };
}
