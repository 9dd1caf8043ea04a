import { z } from 'zod';
import { isCidr } from '../grading/cidr.js';
import { unsafeRegexp } from '../grading/regexp.js';
import { parsePool } from '../sandbox/pool/pool-config.js';

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const UNIT_BYTES: Record<string, number> = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** `90s`, `30m`, `2h` -> ms; undefined when the text is no duration. */
export function parseDuration(text: string): number | undefined {
  const found = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text);
  return found ? Math.round(Number(found[1]) * UNIT_MS[found[2] ?? '']!) : undefined;
}

/** zod for a duration in an environment variable; yields ms. */
export const duration = z.string().transform((text, c) => {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  c.addIssue('must be a duration such as 90s, 30m or 2h');
  return z.NEVER;
});

/** zod for a size such as 1MiB; yields bytes. */
export const size = z.string().transform((text, c) => {
  const found = /^(\d{1,9})(KiB|MiB|GiB|)$/.exec(text);
  if (found) return Number(found[1]) * UNIT_BYTES[found[2] ?? '']!;
  c.addIssue('must be a size such as 1048576, 512KiB or 1MiB');
  return z.NEVER;
});

/** Only the words true and false; `1`, `yes` and the empty string are mistakes worth naming. */
export const flag = z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true');

export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);

/** zod for a list of networks such as 127.0.0.1/32 or fd00::/8. */
export const networks = list.superRefine((parts, c) => {
  for (const part of parts) {
    if (!isCidr(part))
      c.addIssue(`must be a list of networks such as 10.1.0.0/16; "${part.slice(0, 64)}" is none`);
  }
});

/** Warm units to keep, see sandbox/pool/pool-config.ts. */
export const pool = z.string().transform((text, context) => {
  try {
    return parsePool(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
});

const MAX_PATTERNS = 32;

/** zod for a JSON array of regular expressions that take no more than linear time. */
export const patterns = z.string().transform((text, c): string[] => {
  const parsed = z.array(z.string().min(1)).max(MAX_PATTERNS).safeParse(parseJson(text));
  if (!parsed.success) {
    c.addIssue(`must be a JSON array of at most ${MAX_PATTERNS} regular expressions`);
    return z.NEVER;
  }
  for (const [i, pattern] of parsed.data.entries()) {
    const why = unsafeRegexp(pattern);
    if (why !== undefined) c.addIssue(`pattern ${i + 1}: ${why}`);
  }
  return parsed.data;
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
