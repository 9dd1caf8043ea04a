import { z } from 'zod';

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `500ms`, `5s`, `60m`, `2h` -> ms; undefined if it is no duration. */
export function parseDuration(text: string): number | undefined {
  const found = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text);
  return found ? Number(found[1]) * UNITS[found[2]!]! : undefined;
}

/** A duration as text in lab.yaml; kept as text, so that a spec round-trips. */
export const durationSchema = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, 'must be a duration such as 500ms, 5s, 60m or 2h');

export function durationMs(text: string): number {
  return parseDuration(text)!;
}
