export interface ScoredObjective {
  weight: number;
  bonus: boolean;
  credited: boolean;
  /** Sum of the costs of the hints taken, as a share of the weight. */
  hintCost: number;
  /** Left out of the maximum: in error and uncredited when the run was frozen. */
  omitted: boolean;
}

export interface Score {
  points: number;
  max: number;
  /** 0..1; bonus cannot lift it above 1. */
  fraction: number;
}

/** Credited weights less what hints and tripwires cost, over all weights but those of bonus objectives. */
export function scoreOf(objectives: readonly ScoredObjective[], penalty = 0): Score {
  let points = 0;
  let max = 0;
  for (const o of objectives) {
    if (o.credited) points += o.weight * (1 - o.hintCost);
    if (!o.bonus && !o.omitted) max += o.weight;
  }
  points = Math.max(0, points - penalty * max);
  const rounded = Math.round(points * 100) / 100;
  return {
    points: rounded,
    max,
    fraction: max === 0 ? 0 : Math.min(1, Math.round((points / max) * 10_000) / 10_000),
  };
}
