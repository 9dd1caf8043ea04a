import { z } from 'zod';

const file = z
  .string()
  .regex(/^checks\/[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be a file checks/NAME of the lab folder');

/** `script: checks/count.sh`, or with the observations that it is given; all of them otherwise. */
export const scriptNodeSchema = z.union(
  [file, z.strictObject({ file, reads: z.array(z.string()).min(1).max(64).optional() })],
  { error: 'must be checks/NAME, or { file: checks/NAME, reads: [observation, ...] }' },
);
export type ScriptNode = z.infer<typeof scriptNodeSchema>;

/** Stands for the script in explanations: what its author called the file is of no use to a learner. */
export const SCRIPT_PATH = 'script';

export function fileOf(node: ScriptNode): string {
  return typeof node === 'string' ? node : node.file;
}

/** What the script is given; undefined = everything that the lab observes. */
export function givenTo(node: ScriptNode): string[] | undefined {
  return typeof node === 'string' ? undefined : node.reads;
}

/** Under this name the result is kept among the observations; no observation can be called so. */
export function scriptKey(node: ScriptNode): string {
  const reads = givenTo(node);
  return reads ? `${fileOf(node)}(${reads.toSorted().join(',')})` : fileOf(node);
}

/** What a script said: the value of its observation. A type, as it is JSON. */
export type ScriptResult = {
  ok: boolean;
  /** First line of its standard output; by language where it wrote `fr: …` and `en: …`. */
  text: string | { fr?: string; en?: string } | null;
};
