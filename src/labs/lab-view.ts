import { z } from 'zod';
import { interpolateText } from './interpolate.js';
import { durationMs } from './duration.js';
import { renderMarkdown } from './markdown.js';
import type { LabSpec } from './lab-spec.js';
import { shownValues, type Draw } from './params.js';
import { textIn } from './text-spec.js';

export const labSummarySchema = z
  .object({
    slug: z.string(),
    title: z.string(),
    summary: z.string().nullable(),
    locale: z.string(),
    locales: z.array(z.string()),
    version: z.string(),
    digest: z.string(),
    durationMs: z.number(),
    requires: z.array(z.string()),
  })
  .meta({ id: 'LabSummary' });

export const labSchema = labSummarySchema
  .extend({
    extendByMs: z.number(),
    passMark: z.number(),
    instructionsHtml: z.string(),
    objectives: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        weight: z.int(),
        bonus: z.boolean(),
        needs: z.array(z.string()),
      }),
    ),
  })
  .meta({ id: 'Lab' });

export type LabSummary = z.infer<typeof labSummarySchema>;
export type LabView = z.infer<typeof labSchema>;

export interface Shown {
  spec: LabSpec;
  digest: string;
  files: Record<string, string>;
}

/** The lab's locale that fits what was asked for (`fr-CA` finds `fr`), else its first. */
export function localeOf(spec: LabSpec, asked: string | undefined): string {
  const wanted = asked?.toLowerCase().split(/[-_]/)[0];
  return spec.locales.find((locale) => locale === wanted) ?? spec.locales[0]!;
}

export function labSummary({ spec, digest }: Shown, asked?: string): LabSummary {
  const locale = localeOf(spec, asked);
  return {
    slug: spec.id,
    title: textIn(spec.title, locale, spec.locales),
    summary: spec.summary ? textIn(spec.summary, locale, spec.locales) : null,
    locale,
    locales: spec.locales,
    version: spec.version,
    digest,
    durationMs: durationMs(spec.duration),
    requires: spec.sandbox.requires,
  };
}

/** What a learner may see, with the values of a run: never the solution, the fixtures, nor any assertion. */
export function labView(shown: Shown, asked?: string, draw?: Draw | null): LabView {
  const { spec, files } = shown;
  const summary = labSummary(shown, asked);
  const values = shownValues(spec, draw);
  const put = (text: string): string => interpolateText(text, values);
  return {
    ...summary,
    extendByMs: durationMs(spec.extendBy),
    passMark: spec.passMark,
    instructionsHtml: renderMarkdown(put(files[`instructions.${summary.locale}.md`] ?? '')),
    objectives: spec.objectives.map((o) => ({
      id: o.id,
      title: put(textIn(o.title, summary.locale, spec.locales)),
      weight: o.weight,
      bonus: o.bonus,
      needs: o.needs,
    })),
  };
}
