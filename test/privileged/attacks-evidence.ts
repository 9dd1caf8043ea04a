import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Json } from '../../src/grading/json.js';

/** What only the machine has, and no lab host: names of its interfaces, its identities, its namespaces. */
function machineMarks(): string[] {
  const interfaces = readFileSync('/proc/net/dev', 'utf8')
    .match(/^\s*([\w.@-]+):/gm)!
    .map((line) => line.trim().slice(0, -1))
    .filter((name) => name !== 'lo')
    .map((name) => `"${name}"`);
  const namespaces = ['net', 'mnt', 'pid', 'user', 'uts'].map(
    (kind) => /\[(\d+)\]/.exec(readlinkSync(`/proc/self/ns/${kind}`))![1]!,
  );
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return [...interfaces, ...namespaces, bootId, `"${hostname()}"`, process.cwd()];
}

/** Marks of the machine that stand in what would be stored or shown; there must be none. */
export function tracesOfMachine(...shown: unknown[]): string[] {
  const text = JSON.stringify(shown);
  return machineMarks().filter((mark) => text.includes(mark));
}

// Everything below the space, DEL, C1, and what turns the direction of a line; line feeds and tabs may stand in a text.
// oxlint-disable-next-line no-control-regex
const ACTIVE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

/** Texts that a terminal would obey. */
export function activeTexts(value: unknown): string[] {
  if (typeof value === 'string') return ACTIVE.test(value) ? [JSON.stringify(value)] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value as Record<string, Json>).flatMap(([key, inner]) => [
    ...activeTexts(key),
    ...activeTexts(inner),
  ]);
}
