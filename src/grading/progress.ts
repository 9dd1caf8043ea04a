import { z } from 'zod';
import type { Json } from './json.js';

const stateSchema = z.enum(['blocked', 'pending', 'holding', 'passed', 'regressed', 'failed', 'error']);

export const explanationSchema = z.object({
  text: z.string(),
  path: z.string(),
  kind: z.enum(['missing', 'wrong', 'extra', 'held', 'unreadable']),
  expected: z.json(),
  observed: z.json(),
});

export const objectiveProgressSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    weight: z.int(),
    bonus: z.boolean(),
    state: stateSchema,
    since: z.string(),
    needs: z.array(z.string()),
    attempts: z.int(),
    credited: z.boolean(),
    explanation: explanationSchema.nullable(),
    hints: z.array(
      z.object({ n: z.int(), available: z.boolean(), cost: z.number(), text: z.string().nullable() }),
    ),
    evidenceId: z.string().nullable(),
  })
  .meta({ id: 'ObjectiveProgress' });

export const leftOutSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    weight: z.int(),
    bonus: z.boolean(),
    /** Capabilities that the engine of this run lacks. */
    requires: z.array(z.string()),
    reason: z.string(),
  })
  .meta({ id: 'LeftOut' });

export const tripSchema = z
  .object({
    id: z.string(),
    text: z.string(),
    at: z.string(),
    effect: z.enum(['flag', 'fail', 'cost']),
    /** Share of the maximum that it takes. */
    cost: z.number(),
    evidenceId: z.string().nullable(),
  })
  .meta({ id: 'Trip' });

export const progressSchema = z
  .object({
    sandboxId: z.string(),
    lab: z.string(),
    locale: z.string(),
    score: z.object({ points: z.number(), max: z.number(), fraction: z.number() }),
    passed: z.boolean(),
    frozenAt: z.string().nullable(),
    /** Tripwires of the lab that were tripped. */
    trips: z.array(tripSchema),
    objectives: z.array(objectiveProgressSchema),
    /** Objectives that are no part of this run, as its engine cannot support them; no weight of theirs counts. */
    leftOut: z.array(leftOutSchema),
  })
  .meta({ id: 'Progress' });

export type Progress = z.infer<typeof progressSchema>;
export type ObjectiveProgress = z.infer<typeof objectiveProgressSchema>;

export const evidenceSchema = z
  .object({
    id: z.string(),
    objective: z.string(),
    at: z.string(),
    body: z.record(z.string(), z.json() as z.ZodType<Json>),
  })
  .meta({ id: 'Evidence' });
