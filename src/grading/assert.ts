import { z } from 'zod';
import type { Json } from './json.js';
import { scriptNodeSchema, type ScriptNode } from './scripts/script-node.js';

/** The assertion tree of lab.yaml: exactly one key per node. */
export type Assert =
  | { all: Assert[] }
  | { any: Assert[] }
  | { not: Assert }
  | { match: Record<string, Json> }
  | { cel: string }
  | { script: ScriptNode };

const kinds = ['all', 'any', 'not', 'match', 'cel', 'script'];

export const assertSchema: z.ZodType<Assert> = z.lazy(() =>
  z.union(
    [
      z.strictObject({ all: z.array(assertSchema).min(1).max(64) }),
      z.strictObject({ any: z.array(assertSchema).min(1).max(64) }),
      z.strictObject({ not: assertSchema }),
      z.strictObject({
        match: z.record(z.string(), z.json()).refine((m) => Object.keys(m).length > 0, 'is empty'),
      }),
      z.strictObject({ cel: z.string().min(1).max(4096) }),
      z.strictObject({ script: scriptNodeSchema }),
    ],
    { error: `an assertion has exactly one of ${kinds.join(', ')}, with a non-empty body` },
  ),
) as z.ZodType<Assert>;

/** Calls `visit` on every node, parents first. */
export function walkAssert(node: Assert, visit: (node: Assert) => void): void {
  visit(node);
  if ('all' in node) for (const child of node.all) walkAssert(child, visit);
  else if ('any' in node) for (const child of node.any) walkAssert(child, visit);
  else if ('not' in node) walkAssert(node.not, visit);
}

/** Whether some part of it demands that something is not. */
export function negates(root: Assert): boolean {
  let found = false;
  walkAssert(root, (node) => (found ||= 'not' in node));
  return found;
}
