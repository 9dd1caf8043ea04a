import { z } from 'zod';
import { COLS, ROWS } from './limits.js';

export const terminalId = z
  .string()
  .regex(/^trm_[A-Za-z0-9_-]{22}$/, 'a terminal id is trm_ and 22 of base64url');

const size = {
  cols: z.int().min(COLS.min).max(COLS.max),
  rows: z.int().min(ROWS.min).max(ROWS.max),
};

const dns1123 = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'a name of Kubernetes: lower-case letters, digits, - and .');

const podSchema = z.strictObject({
  namespace: dns1123.default('default'),
  name: dns1123,
  container: dns1123.optional(),
});
export type PodTarget = z.infer<typeof podSchema>;

export const createTerminalSchema = z
  .strictObject({
    /** `local` is a shell on the server, for tests and benches; it needs WHEELHOUSE_PTY_LOCAL=true. */
    target: z
      .strictObject({
        kind: z.enum(['labhost', 'local']),
        /** The learner's own kubectl exec, run inside the lab host. */
        pod: podSchema.optional(),
      })
      .default({ kind: 'labhost' }),
    name: z.string().min(1).max(64).optional(),
    cols: size.cols.default(80),
    rows: size.rows.default(24),
    /** `attach` waits for the first client, so that the first prompt is drawn in its size. */
    start: z.enum(['attach', 'now']).default('attach'),
    /** Who sets the size: the driver, the smallest of all that may type, or nobody. */
    sizePolicy: z.enum(['driver', 'smallest', 'fixed']).default('driver'),
    /** Absent: where the service, the tenant and the lab allow it. */
    record: z.boolean().optional(),
  })
  .prefault({})
  .meta({ id: 'CreateTerminal' });

export const exitSchema = z
  .object({
    code: z.int().nullable(),
    signal: z.string().nullable(),
    seq: z.int(),
    reason: z.enum(['exited', 'killed', 'idle', 'sandbox_ended', 'limit', 'shutdown']),
    at: z.iso.datetime(),
  })
  .meta({ id: 'TerminalExit' });

export const terminalSchema = z
  .object({
    id: z.string(),
    sandboxId: z.string(),
    name: z.string(),
    target: z.object({ kind: z.enum(['labhost', 'local']) }),
    state: z.enum(['created', 'running', 'exited', 'gone']),
    /** New for each process; offsets count within it. */
    epoch: z.string().nullable(),
    cols: z.int(),
    rows: z.int(),
    /** Offset behind the last byte of output. */
    head: z.int(),
    /** Offset of the oldest byte that can still be had. */
    ringStart: z.int(),
    /** Attachment that drives the terminal. */
    driver: z.string().nullable(),
    attachments: z.int(),
    recording: z.boolean(),
    createdAt: z.iso.datetime(),
    /** The command is ended then, unless somebody attaches. */
    detachedUntil: z.iso.datetime().nullable(),
    exit: exitSchema.nullable(),
  })
  .meta({ id: 'Terminal' });
export type TerminalView = z.infer<typeof terminalSchema>;

export const terminalListSchema = z.object({ items: z.array(terminalSchema) }).meta({ id: 'TerminalList' });

export const createTicketSchema = z
  .strictObject({
    role: z.enum(['write', 'view']).default('write'),
    /** With `view`: may take the terminal over. */
    takeover: z.boolean().default(false),
    /** With `view` and an API key: external id of the person who watches, whose name the learner is shown. */
    user: z.string().min(1).max(128).optional(),
    /** Which `url` is wanted; any protocol but `tty` may be spoken with any ticket. */
    protocol: z
      .enum(['wheelhouse.tty.v1', 'raw', 'tty', 'v5.channel.k8s.io', 'v4.channel.k8s.io', 'v1.alis'])
      .default('wheelhouse.tty.v1'),
  })
  .prefault({})
  .meta({ id: 'CreateTicket' });

export const ticketSchema = z
  .object({
    ticket: z.string(),
    expiresAt: z.iso.datetime(),
    /** Path and query of the WebSocket on this server. */
    url: z.string(),
    protocols: z.array(z.string()),
  })
  .meta({ id: 'Ticket' });

export const sizeSchema = z.strictObject(size).meta({ id: 'TerminalSize' });

export const signalSchema = z
  .strictObject({ signal: z.enum(['INT', 'QUIT', 'TSTP', 'CONT', 'HUP', 'TERM', 'KILL']) })
  .meta({ id: 'TerminalSignal' });

/** What was asked for is under way. */
export const acceptedSchema = z.object({ id: z.string() }).meta({ id: 'TerminalAccepted' });

export const attachmentListSchema = z
  .object({
    items: z.array(
      z.object({
        aid: z.string(),
        user: z.object({ id: z.string(), name: z.string() }),
        kind: z.enum(['owner', 'instructor']),
        role: z.enum(['write', 'view']),
        driver: z.boolean(),
        protocol: z.string(),
        since: z.iso.datetime(),
      }),
    ),
  })
  .meta({ id: 'TerminalAttachmentList' });

export const attachmentId = z
  .string()
  .regex(/^att_[A-Za-z0-9_-]{22}$/, 'an attachment id is att_ and 22 of base64url');
export const aidSchema = z.strictObject({ aid: attachmentId }).meta({ id: 'TerminalAttachmentRef' });

export const ttydTokenSchema = z.object({ token: z.string() }).meta({ id: 'TtydToken' });
