import type { ReplayedTransition } from './replay.js';

/** One thing that came out otherwise. `null` = did not happen. */
export interface Difference {
  at: number;
  subject: string;
  recorded: { from: string; to: string } | null;
  replayed: { from: string; to: string } | null;
}

/** Transitions that only one of the two has, paired where both have one of the same subject at the same time. */
export function differences(
  recorded: readonly ReplayedTransition[],
  replayed: readonly ReplayedTransition[],
): Difference[] {
  const rest = new Map<string, ReplayedTransition[]>();
  for (const transition of replayed) {
    const key = keyOf(transition);
    rest.set(key, [...(rest.get(key) ?? []), transition]);
  }
  const found: Difference[] = [];
  for (const before of recorded) {
    const { at, subject } = before;
    const now = rest.get(keyOf(before))?.shift();
    if (now && now.from === before.from && now.to === before.to) continue;
    found.push({ at, subject, recorded: step(before), replayed: now ? step(now) : null });
  }
  for (const left of rest.values()) {
    for (const now of left) {
      found.push({ at: now.at, subject: now.subject, recorded: null, replayed: step(now) });
    }
  }
  return found.toSorted((a, b) => a.at - b.at);
}

const keyOf = ({ at, subject }: ReplayedTransition): string => `${at} ${subject}`;
const step = ({ from, to }: ReplayedTransition) => ({ from, to });
