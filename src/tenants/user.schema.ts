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
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'User' });

export const putUserSchema = z
  .strictObject({
    displayName: z.string().min(1).max(128).optional(),
    locale: z.enum(['fr', 'en']).optional(),
  })
  .meta({ id: 'PutUser' });

export const tokenSchema = z
  .object({ token: z.string(), expiresAt: z.iso.datetime() })
  .meta({ id: 'LearnerToken' });

export function toUser(row: UserRow): z.infer<typeof userSchema> {
  const { id, externalId: external, displayName, locale, role, createdAt } = row;
  return { id, externalId: external, displayName, locale, role, createdAt: createdAt.toISOString() };
}
