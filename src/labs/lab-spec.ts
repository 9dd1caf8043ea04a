import { z } from 'zod';
import { assertSchema } from '../grading/assert.js';
import { capabilitySchema } from './capability.js';
import { objectiveSchema } from './objective-spec.js';
import { tripwireSchema } from './tripwire-spec.js';
import { durationSchema } from './duration.js';
import { idSchema, localized } from './text-spec.js';

const scalar = z.union([z.string().max(300), z.number(), z.boolean()]);

const draw = z.union(
  [
    z.strictObject({
      int: z.tuple([z.int(), z.int()]).refine(([low, high]) => low <= high, 'low end first'),
    }),
    z.strictObject({ oneOf: z.array(scalar).min(1).max(100) }),
    z.strictObject({ pattern: z.string().min(1).max(100) }),
    /** A word that can be read aloud. */
    z.literal('word'),
    /** Sixteen of [a-z0-9], a secret: never shown in explanations and evidence. */
    z.literal('token'),
  ],
  { error: 'must be one of int: [low, high], oneOf: [...], pattern: "10.{16..89}.{0..254}", word, token' },
);

export const paramSchema = z.strictObject({ default: scalar, draw: draw.optional() });

const clusterSchema = z.strictObject({
  nodes: z.int().min(1).max(3).default(1),
  fidelity: z.enum(['any', 'real', 'simulated']).default('any'),
  /** The learner is cluster admin, by RBAC; else may edit what is not of the system and read the rest. */
  admin: z.boolean().default(false),
  /** `learner`: hidden until `minikube start` in the lab host. */
  start: z.enum(['platform', 'learner']).default('platform'),
});

const hostSchema = z.strictObject({
  egress: z.literal('none').default('none'),
  /** Terminals may be recorded, where the service and the tenant allow it too. */
  recording: z.boolean().default(false),
});

/** The whole of lab.yaml. Unknown keys are errors: a misspelt rule must not be a rule that is not there. */
export const labSpecSchema = z.strictObject({
  apiVersion: z.literal('wheelhouse/v1'),
  kind: z.literal('Lab'),
  /** What a sandbox is asked for by; the API wants three characters. */
  id: idSchema.min(3, 'must have 3 characters or more'),
  version: z.string().regex(/^\d+\.\d+\.\d+$/, 'must be a version such as 1.0.0'),
  title: localized,
  summary: localized.optional(),
  locales: z
    .array(z.enum(['fr', 'en']))
    .min(1)
    .refine((list) => new Set(list).size === list.length, 'names a locale twice'),
  duration: durationSchema,
  extendBy: durationSchema.default('15m'),
  passMark: z.number().min(0).max(1).default(0.7),
  /** When the learner is shown what is judged: at once, when they ask for a check, or once the score is frozen. */
  feedback: z.enum(['live', 'on-check', 'after-freeze']).default('live'),
  sandbox: z.strictObject({
    cluster: clusterSchema.optional(),
    host: hostSchema.prefault({}),
    requires: z.array(capabilitySchema).default([]),
  }),
  params: z.record(idSchema, paramSchema).default({}),
  vars: z.record(idSchema, scalar).default({}),
  /** Applied by the platform before the learner's clock starts, in this order. */
  setup: z
    .array(
      z.strictObject({
        manifest: z.string().regex(/^setup\/[A-Za-z0-9._-]+\.yaml$/, 'must be a file setup/NAME.yaml'),
      }),
    )
    .max(16)
    .default([]),
  /** Must hold after set-up, else the sandbox is made anew; the learner never sees one that does not. */
  preconditions: z.array(assertSchema).max(16).default([]),
  observe: z
    .record(z.string().regex(/^[a-z][a-zA-Z0-9_]{0,31}$/, 'must be a CEL name'), z.unknown())
    .default({}),
  tripwires: z.array(tripwireSchema).max(16).default([]),
  objectives: z.array(objectiveSchema).min(1).max(64),
  lint: z
    .strictObject({
      accept: z.array(
        z.strictObject({ rule: z.string(), objective: z.string().optional(), reason: z.string().min(1) }),
      ),
    })
    .default({ accept: [] }),
});

export type LabSpec = z.infer<typeof labSpecSchema>;
export type ParamSpec = z.infer<typeof paramSchema>;
export type Scalar = z.infer<typeof scalar>;
