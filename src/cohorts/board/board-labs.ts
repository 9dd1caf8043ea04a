import { durationMs } from '../../labs/duration.js';
import { interpolateText } from '../../labs/interpolate.js';
import type { LabSpec } from '../../labs/lab-spec.js';
import { localeOf } from '../../labs/lab-view.js';
import { labValues } from '../../labs/params.js';
import { inOrder } from '../../labs/prepared-lab.js';
import { textIn } from '../../labs/text-spec.js';

export interface BoardObjective {
  id: string;
  weight: number;
  bonus: boolean;
  needs: string[];
  /** Its share of the time that the author gives the lab, ms. */
  estimateMs: number;
}

/** As much of a lab version as a board needs. */
export interface BoardLab {
  slug: string;
  versionId: string;
  /** In the order of their needs. */
  objectives: BoardObjective[];
  /** Share of the maximum that a tripwire takes. */
  tripCosts: Record<string, number>;
  spec: LabSpec;
}

/** The lab's own words for a reader. */
export interface LabTitles {
  slug: string;
  title: string;
  objectives: { id: string; title: string; weight: number }[];
}

export function boardLabOf(versionId: string, spec: LabSpec): BoardLab {
  const total = spec.objectives.reduce((sum, { weight }) => sum + weight, 0);
  const duration = durationMs(spec.duration);
  return {
    slug: spec.id,
    versionId,
    objectives: inOrder(spec.objectives).map(({ id, weight, bonus, needs }) => ({
      id,
      weight,
      bonus,
      needs,
      estimateMs: (duration * weight) / total,
    })),
    tripCosts: Object.fromEntries(
      spec.tripwires.map(({ id, onTrip }) => [
        id,
        typeof onTrip === 'object' && 'cost' in onTrip ? onTrip.cost : 0,
      ]),
    ),
    spec,
  };
}

export function titlesOf({ slug, spec, objectives }: BoardLab, asked: string | undefined): LabTitles {
  const locale = localeOf(spec, asked);
  const values = labValues(spec);
  return {
    slug,
    title: textIn(spec.title, locale, spec.locales),
    objectives: objectives.map(({ id, weight }) => {
      const { title } = spec.objectives.find((o) => o.id === id)!;
      return { id, weight, title: interpolateText(textIn(title, locale, spec.locales), values) };
    }),
  };
}
