import { z } from 'zod';
import { labSummarySchema } from './lab-view.js';

export const slugSchema = z.string().regex(/^[a-z0-9-]{1,48}$/, 'must be the slug of a lab');

export const localeQuery = z.object({ locale: z.string().max(35).optional() });

export const labListSchema = z
  .object({ items: z.array(labSummarySchema), nextCursor: z.string().nullable() })
  .meta({ id: 'LabList' });

export const labVersionsSchema = z
  .object({
    items: z.array(
      z.object({ digest: z.string(), version: z.string(), state: z.string(), createdAt: z.string() }),
    ),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'LabVersions' });

export const lintRequest = z
  .strictObject({
    /** Name of the lab's folder; by default the id in lab.yaml. */
    slug: slugSchema.optional(),
    files: z
      .record(z.string().min(1).max(200), z.string().max(512 * 1024))
      .refine((files) => Object.keys(files).length <= 200, 'has more than 200 files'),
  })
  .meta({ id: 'LabLintRequest' });

export const lintResponse = z
  .object({
    ok: z.boolean(),
    digest: z.string().nullable(),
    problems: z.array(
      z.object({
        level: z.enum(['error', 'warning']),
        file: z.string(),
        line: z.int().optional(),
        column: z.int().optional(),
        path: z.string(),
        message: z.string(),
        rule: z.string().optional(),
        objective: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'LabLintResult' });
