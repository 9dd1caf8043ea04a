import { z } from 'zod';
import type { Json } from './json.js';

const stateSchema = z.enum(['blocked', 'pending', 'holding', 'passed', 'regressed', 'failed', 'error']);

export const explanationSchema = z.object({
  text: z.string(),
  path: z.string(),
  kind: z.enum(['missing', 'wrong', 'extra', 'held', 'unreadable', 'late', 'tripped']),
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
    /** A person decided; the state is theirs then. */
    overridden: z.object({ by: z.string(), reason: z.string(), at: z.string() }).nullable(),
    /** How often the learner may still leave `failed`, of how many times. */
    retries: z.object({ left: z.int(), allowed: z.int() }),
    /** When it fails for want of time; null while no clock runs. */
    dueAt: z.string().nullable(),
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
    /** Some objective could not be judged and left the maximum; the score stands once a person confirms it. */
    provisional: z.boolean(),
    confirmed: z.object({ at: z.string(), by: z.string() }).nullable(),
    /** When learners of this lab see what is judged. */
    feedback: z.enum(['live', 'on-check', 'after-freeze']),
    /** What is shown was so at this moment; null = now, or no check was asked for yet. */
    shownAt: z.string().nullable(),
    /** What went not unnoticed though it changes no state; never shown to learners. */
    flags: z.array(z.object({ flag: z.string(), subject: z.string() })),
    /** Tripwires of the lab that were tripped. */
    trips: z.array(tripSchema),
    objectives: z.array(objectiveProgressSchema),
    /** Objectives that are no part of this run, as its engine cannot support them; no weight of theirs counts. */
    leftOut: z.array(leftOutSchema),
  })
  .meta({ id: 'Progress' });

export type Progress = z.infer<typeof progressSchema>;
export type ObjectiveProgress = z.infer<typeof objectiveProgressSchema>;

export const runsSchema = z
  .object({
    items: z.array(
      z.object({
        sandboxId: z.string(),
        labVersionId: z.string(),
        individualised: z.boolean(),
        startedAt: z.string().nullable(),
        frozenAt: z.string(),
        cause: z.enum(['asked', 'time-over', 'released', 'lost']),
        score: z.object({ points: z.number(), max: z.number(), fraction: z.number() }),
        passed: z.boolean(),
        provisional: z.boolean(),
        confirmed: z.object({ at: z.string(), by: z.string() }).nullable(),
        /** Whether it can be folded again; `partial` = to where it outgrew its log. */
        replay: z.enum(['complete', 'partial', 'none']),
      }),
    ),
  })
  .meta({ id: 'Runs' });

export const evidenceSchema = z
  .object({
    id: z.string(),
    objective: z.string(),
    at: z.string(),
    body: z.record(z.string(), z.json() as z.ZodType<Json>),
  })
  .meta({ id: 'Evidence' });
