import { z } from 'zod';

const time = z.iso.datetime();
const id = z.string();
const score = z.object({
  points: z.number(),
  max: z.number(),
  fraction: z.number().min(0).max(1),
});
const sandboxState = z.enum(['queued', 'provisioning', 'ready', 'paused', 'releasing', 'released', 'failed']);
const watcher = z.object({ terminalId: id, by: z.string(), aid: id });

/** Every type of event there is, with what it carries. New fields may come; what is here stays. */
export const EVENT_PAYLOADS = {
  'sandbox.state': z
    .object({
      from: sandboxState.nullable(),
      state: sandboxState,
      lab: z.string().nullable().optional(),
      warm: z.boolean().optional(),
      failureCode: z.string().nullable().optional(),
      failureDetail: z.string().nullable().optional(),
      expiresAt: time.nullable().optional(),
    })
    .describe('The sandbox came into being or went to another state.'),
  'sandbox.queue': z
    .object({ position: z.int().min(1), etaSeconds: z.number().nullable(), reason: z.string() })
    .describe('The place in the queue, or the time to wait, is another.'),
  'sandbox.cluster': z
    .object({ phase: z.string().nullable() })
    .describe('The learner started, stopped, deleted or renewed the cluster.'),
  'sandbox.expiring': z
    .object({ reason: z.string(), inSeconds: z.number(), expiresAt: time.nullable() })
    .describe('It will end soon.'),
  'sandbox.extended': z.object({ expiresAt: time.nullable(), extensions: z.int() }),
  'sandbox.shortened': z.object({ expiresAt: time }),
  'sandbox.hand': z
    .object({ raised: z.boolean(), by: z.string() })
    .describe('The learner asks for help, or not any more.'),
  'sandbox.message': z
    .object({ text: z.string(), from: z.string() })
    .describe('An instructor wrote to the learner.'),
  'sandbox.lost': z
    .object({ failureCode: z.string().nullable() })
    .describe('What the sandbox was made of is gone.'),
  'sandbox.repaired': z.object({}).describe('A cluster that had stopped runs again.'),
  'run.planned': z
    .object({ leftOut: z.record(z.string(), z.unknown()) })
    .describe(
      'Objectives that this installation cannot observe are left out; per objective what is missing.',
    ),
  'run.flagged': z
    .object({ flag: z.string(), subject: z.string() })
    .describe('A person should look at something.'),
  'run.frozen': z
    .object({ score, cause: z.string(), provisional: z.boolean() })
    .describe('Nothing counts any more.'),
  'objective.state': z.object({
    objective: id,
    from: z.string(),
    to: z.string(),
    evidenceId: id,
    score,
    cause: z.string().optional(),
  }),
  'objective.hint': z.object({ objective: id, hint: z.int().min(1), cost: z.number() }),
  'objective.override': z
    .object({
      objective: id,
      state: z.string().nullable(),
      by: z.string(),
      reason: z.string(),
      score,
    })
    .describe('A person decided; null takes earlier decisions back.'),
  'tripwire.tripped': z.object({
    tripwire: id,
    onTrip: z.union([z.literal('flag'), z.object({ fail: z.array(id) }), z.object({ cost: z.number() })]),
    evidenceId: id,
  }),
  'score.changed': z.object({ score }),
  'score.confirmed': z.object({ score, by: z.string() }),
  'terminal.watched': watcher.describe('Somebody looks at the learner’s terminal.'),
  'terminal.unwatched': watcher,
  'terminal.taken_over': watcher.describe('Somebody types in the learner’s terminal.'),
  'terminal.given_back': watcher,
  'terminal.attended': z
    .object({ attached: z.boolean() })
    .describe('A terminal of the sandbox is open somewhere, or none is.'),
  'webhook.disabled': z
    .object({ endpointId: id, url: z.string(), why: z.enum(['failing', 'gone']) })
    .describe('An endpoint gets nothing until it is enabled again.'),
  'webhook.test': z.object({}).describe('Asked for at an endpoint; only sent there, and in no feed.'),
} as const satisfies Record<string, z.ZodType>;

export type EventType = keyof typeof EVENT_PAYLOADS;

export const EVENT_TYPES = Object.keys(EVENT_PAYLOADS) as EventType[];

/** `sandbox.*` stands for all events of the group. */
export const EVENT_GROUPS = [...new Set(EVENT_TYPES.map((type) => `${type.split('.')[0]}.*`))];

const KNOWN = new Set<string>([...EVENT_TYPES, ...EVENT_GROUPS]);

export const eventTypeSchema = z.string().refine((type) => KNOWN.has(type), {
  error: `no such event; there are ${[...KNOWN].toSorted().join(', ')}`,
});
