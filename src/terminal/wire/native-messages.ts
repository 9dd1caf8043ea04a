import { z } from 'zod';
import { MAX_JSON, MAX_REPLAY } from '../limits.js';

const offset = z.int().min(0);

export const helloSchema = z.object({
  t: z.literal('hello'),
  v: z.literal(1),
  cols: z.int(),
  rows: z.int(),
  ticket: z.string().max(256).optional(),
  fc: z.boolean().default(true),
  replay: z.int().min(0).max(MAX_REPLAY).optional(),
  resume: z.object({ epoch: z.string().max(64), seq: offset, aid: z.string().max(64).optional() }).optional(),
  client: z.string().max(64).optional(),
});
export type Hello = z.infer<typeof helloSchema>;

const controlSchemas = {
  ack: z.object({ t: z.literal('ack'), seq: offset }),
  replayed: z.object({ t: z.literal('replayed'), seq: offset }),
  resize: z.object({ t: z.literal('resize'), cols: z.int(), rows: z.int() }),
  signal: z.object({
    t: z.literal('signal'),
    sig: z.enum(['INT', 'QUIT', 'TSTP', 'CONT', 'HUP', 'TERM', 'KILL']),
  }),
  take: z.object({ t: z.literal('take') }),
  release: z.object({ t: z.literal('release') }),
  detach: z.object({ t: z.literal('detach') }),
  hide: z.object({ t: z.literal('hide') }),
  show: z.object({ t: z.literal('show') }),
  ping: z.object({ t: z.literal('ping'), id: z.int() }),
} as const;

export type Control = {
  [K in keyof typeof controlSchemas]: z.infer<(typeof controlSchemas)[K]>;
}[keyof typeof controlSchemas];

export type Parsed =
  | { kind: 'hello'; hello: Hello }
  | { kind: 'control'; control: Control }
  /** The peer does not speak the protocol: the socket is closed. */
  | { kind: 'violation'; message: string }
  /** One frame is wrong; it is dropped and answered. */
  | { kind: 'bad'; code: 'bad_message' | 'unknown_type'; message: string };

function problem(error: z.ZodError): string {
  const issue = error.issues[0];
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`.slice(0, 200);
}

/** One text frame. Unknown fields are ignored; what the frame says is never part of a message. */
export function parseText(data: Buffer): Parsed {
  if (data.length > MAX_JSON) return { kind: 'violation', message: 'json too long' };
  let value: unknown;
  try {
    value = JSON.parse(data.toString('utf8'));
  } catch {
    return { kind: 'violation', message: 'not json' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'violation', message: 'not a json object' };
  }
  const type = Object.hasOwn(value, 't') ? (value as { t: unknown }).t : undefined;
  if (type === 'hello') {
    const hello = helloSchema.safeParse(value);
    if (hello.success) return { kind: 'hello', hello: hello.data };
    return { kind: 'violation', message: `hello ${problem(hello.error)}`.slice(0, 120) };
  }
  if (typeof type !== 'string' || !Object.hasOwn(controlSchemas, type)) {
    const known = Object.keys(controlSchemas).join(' ');
    return { kind: 'bad', code: 'unknown_type', message: `Unknown "t"; known: hello ${known}.` };
  }
  const control = controlSchemas[type as keyof typeof controlSchemas].safeParse(value);
  if (control.success) return { kind: 'control', control: control.data };
  return { kind: 'bad', code: 'bad_message', message: `${type} ${problem(control.error)}` };
}
