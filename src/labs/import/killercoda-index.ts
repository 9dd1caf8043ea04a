import { z } from 'zod';
import type { LabFiles } from '../lab-folder.js';
import { ImportError } from './imported.js';

/** A page of a scenario: a file beside index.json, or the text itself. */
const page = z.object({
  title: z.string().optional(),
  text: z.string().optional(),
  verify: z.string().optional(),
  foreground: z.string().optional(),
  background: z.string().optional(),
});

/** As much of index.json as is read; other keys are named in the list of what was left out. */
const index = z.object({
  title: z.string().min(1),
  description: z.string().optional(),
  time: z.string().optional(),
  details: z.object({
    intro: page.optional(),
    steps: z.array(page).min(1).max(60),
    finish: page.optional(),
    assets: z
      .record(z.string(), z.array(z.object({ file: z.string(), target: z.string().optional() })))
      .optional(),
  }),
  backend: z.object({ imageid: z.string().optional() }).optional(),
});

export type ScenarioIndex = z.infer<typeof index>;
export type ScenarioPage = z.infer<typeof page>;

/** index.json, checked. Throws ImportError. */
export function readIndex(files: LabFiles): { scenario: ScenarioIndex; raw: Record<string, unknown> } {
  const text = files['index.json'];
  if (text === undefined)
    throw new ImportError('index.json is missing; name the folder of one scenario, which holds it');
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw new ImportError(`index.json is no JSON: ${(error as Error).message}`);
  }
  const parsed = index.safeParse(raw);
  if (parsed.success) return { scenario: parsed.data, raw: raw as Record<string, unknown> };
  const issue = parsed.error.issues[0]!;
  throw new ImportError(`index.json: ${issue.path.join('.')}: ${issue.message}`);
}
