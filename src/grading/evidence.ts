import type { Failure } from './evaluate.js';
import { inertValue, type Json } from './json.js';
import type { Observations } from './observation.js';
import { redact, redactFailure } from './redact.js';
import { shrink } from './shrink.js';

const MAX_BYTES = 8 * 1024;

export interface EvidenceBody {
  objective: string;
  from: string;
  to: string;
  observations: Record<string, Json>;
  explanation: Failure | null;
}

/** What the assertion read, at most 8 KiB: the largest observations give way to their size. Nothing secret is in it. */
export function evidenceOf(o: {
  objective: string;
  from: string;
  to: string;
  reads: readonly string[];
  observations: Observations;
  explanation: Failure | null;
  secrets: readonly string[];
}): EvidenceBody {
  const observations: Record<string, Json> = {};
  for (const name of o.reads) {
    const observation = o.observations[name];
    if (!observation) continue;
    const { fault, value } = observation;
    observations[name] = fault
      ? { fault: { cause: fault.cause, code: fault.code } }
      : inertValue(redact(value, o.secrets));
  }
  const explanation = o.explanation && redactFailure(o.explanation, o.secrets);
  const body = { objective: o.objective, from: o.from, to: o.to, observations, explanation };
  const size = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
  const bySize = Object.keys(observations).sort((a, b) => size(observations[b]) - size(observations[a]));
  for (const name of bySize) {
    if (size(body) <= MAX_BYTES) break;
    observations[name] = shrink(observations[name]!);
  }
  for (const name of bySize) {
    if (size(body) <= MAX_BYTES) break;
    observations[name] = { omitted: true, bytes: size(observations[name]) };
  }
  return size(body) <= MAX_BYTES ? body : { ...body, explanation: null };
}
