import { z } from 'zod';
import { labSlug } from '../../sandbox/sandbox.schema.js';
import { MARKS, SORTS } from './board-filter.js';

const locale = z.string().max(16).optional();

export const boardQuery = z.object({
  lab: labSlug.optional(),
  group: z.string().max(64).optional(),
  /** Not with a stream: there the reader chooses among all. */
  mark: z.enum(MARKS).optional(),
  objective: z.string().max(48).optional(),
  q: z.string().max(128).optional(),
  sort: z.enum(SORTS).default('name'),
  order: z.enum(['asc', 'desc']).default('asc'),
  locale,
});

export const exportQuery = z.object({
  format: z.enum(['csv', 'json']).default('csv'),
  lab: labSlug.optional(),
  group: z.string().max(64).optional(),
  locale,
});

const state = z.enum(['blocked', 'pending', 'holding', 'passed', 'regressed', 'failed', 'error']);

const cell = z.object({
  state,
  attempts: z.int(),
  hints: z.int(),
  /** Active seconds from unblocked to passed. */
  seconds: z.number().nullable(),
});

const stuck = z.object({
  /** 0..1; worth showing from 0.5. */
  score: z.number(),
  reasons: z.array(z.enum(['time', 'repeating', 'silent'])),
  activeSeconds: z.number(),
  limitSeconds: z.number(),
});

export const boardRowSchema = z
  .object({
    key: z.string(),
    userId: z.string(),
    externalId: z.string(),
    name: z.string(),
    group: z.string().nullable(),
    lab: z.string().nullable(),
    sandboxId: z.string().nullable(),
    sandboxState: z
      .enum(['queued', 'provisioning', 'ready', 'paused', 'releasing', 'released', 'failed'])
      .nullable(),
    tier: z.string().nullable(),
    readyAt: z.iso.datetime().nullable(),
    expiresAt: z.iso.datetime().nullable(),
    cells: z.record(z.string(), cell),
    current: z.object({ objective: z.string(), state, since: z.iso.datetime() }).nullable(),
    attempts: z.int(),
    hints: z.int(),
    score: z
      .object({ points: z.number(), max: z.number(), fraction: z.number(), provisional: z.boolean() })
      .nullable(),
    flags: z.array(z.string()),
    handRaisedAt: z.iso.datetime().nullable(),
    connected: z.boolean(),
    lastActivityAt: z.iso.datetime().nullable(),
    stuck: stuck.nullable(),
  })
  .meta({ id: 'BoardRow' });

export const aggregateSchema = z
  .object({
    lab: z.string(),
    objective: z.string(),
    learners: z.int(),
    states: z.partialRecord(state, z.int()),
    passRate: z.number(),
    p50Seconds: z.number().nullable(),
    p90Seconds: z.number().nullable(),
    attempts: z.int(),
    hints: z.int(),
    regressions: z.int(),
    errors: z.int(),
    explanations: z.array(z.object({ path: z.string(), kind: z.string(), learners: z.int() })),
  })
  .meta({ id: 'BoardAggregate' });

export const boardSchema = z
  .object({
    cohort: z.object({ id: z.string(), slug: z.string(), title: z.string() }),
    at: z.iso.datetime(),
    labs: z.array(
      z.object({
        slug: z.string(),
        title: z.string(),
        objectives: z.array(z.object({ id: z.string(), title: z.string(), weight: z.int() })),
      }),
    ),
    rows: z.array(boardRowSchema),
    aggregates: z.array(aggregateSchema),
  })
  .meta({ id: 'Board' });
