import { z } from 'zod';
import type { ClusterPhase } from '../sandbox/live-sandbox.js';

/** All that a lab host may ask of its cluster. */
export const OPS = ['status', 'start', 'stop', 'delete'] as const;
export type Op = (typeof OPS)[number];

/** The longest request has 15 bytes; what is longer by far was not meant for us. */
export const MAX_LINE_BYTES = 1024;

const requestSchema = z.strictObject({ op: z.enum(OPS) });

export interface Problem {
  code: string;
  /** One sentence for the person who typed the command. */
  detail: string;
}

export type Incoming = { op: Op } | { problem: Problem };

/** One line of an answer: any number of `progress`, then exactly one with `ok`. */
export type Answer =
  | { progress: string }
  | { ok: true; phase: ClusterPhase; ip: string | null; kubernetesVersion: string | null }
  | { ok: true; kubeconfig: string }
  | { ok: true }
  | { ok: false; error: Problem };

export function encode(answer: Answer): string {
  return `${JSON.stringify(answer)}\n`;
}

/**
 * The request of one connection, from bytes that come in any pieces: its first line. Pure. What follows that line is
 * never looked at, and no more than MAX_LINE_BYTES are ever held.
 */
export class RequestLine {
  #held: Buffer = Buffer.alloc(0);

  /** undefined = the line is not complete yet. */
  push(chunk: Buffer): Incoming | undefined {
    const end = chunk.indexOf(0x0a);
    const piece = end < 0 ? chunk : chunk.subarray(0, end);
    if (this.#held.length + piece.length > MAX_LINE_BYTES) {
      return bad(`a request is one line of at most ${MAX_LINE_BYTES} bytes`);
    }
    this.#held = Buffer.concat([this.#held, piece]);
    return end < 0 ? undefined : parseRequest(this.#held.toString('utf8'));
  }
}

function parseRequest(line: string): Incoming {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return bad('a request is one line of JSON, such as {"op":"status"}');
  }
  const parsed = requestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  if (issue.path[0] === 'op') return bad(`"op" is one of ${OPS.join(', ')}`, 'unknown_op');
  return bad('a request has "op" and nothing else, such as {"op":"status"}');
}

function bad(detail: string, code = 'bad_request'): Incoming {
  return { problem: { code, detail } };
}
