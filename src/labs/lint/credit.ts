import { readFixtures, type NamedFixture } from '../fixture.js';
import type { PreparedLab, PreparedObjective } from '../prepared-lab.js';
import { dryRun } from './dry-run.js';
import { problem, type Finding, type LintInput } from './finding.js';

/**
 * Objectives whose credit a later step takes away: no passing fixture shows both the later one and an earlier one that
 * it needs, and nothing keeps what the earlier one earned. The learner would lose points by going on.
 */
export function lostCredit(lab: PreparedLab, { spec, files }: Pick<LintInput, 'spec' | 'files'>): Finding[] {
  const passing = readFixtures(files).flatMap((read) =>
    'fixture' in read && read.file.startsWith('fixtures/pass-') ? [read] : [],
  );
  const lost = new Map<string, PreparedObjective>();
  for (const later of lab.objectives) {
    // A `never` alone holds at any time, so it says nothing of when.
    if (!later.assert) continue;
    const shown = passing.filter(({ fixture }) => fixture.expect[later.spec.id] === true);
    for (const earlier of neededBy(lab, later.spec.id))
      if (!lost.has(earlier.spec.id) && isGone(lab, earlier, shown)) lost.set(earlier.spec.id, later);
  }
  return [...lost].map(([id, later]) => {
    const at = ['objectives', spec.objectives.findIndex((o) => o.id === id)];
    const text = `no longer holds once "${later.spec.id}" is met, which needs it; latch: true would keep its credit`;
    return { ...problem('credit-lost', at, text), objective: id, level: 'warning' };
  });
}

/** What a fixture does not show, it says nothing about. */
function isGone(
  lab: PreparedLab,
  { spec, assert, reads }: PreparedObjective,
  passing: NamedFixture[],
): boolean {
  if (spec.latch || !assert) return false;
  const telling = passing.filter(({ fixture }) =>
    reads.every((name) => Object.hasOwn(fixture.observations, name)),
  );
  return telling.length > 0 && telling.every(({ fixture }) => dryRun(lab, fixture)[spec.id] !== 'T');
}

function neededBy(lab: PreparedLab, id: string): PreparedObjective[] {
  const found = new Set<string>();
  const visit = (of: string): void => {
    for (const need of lab.objectives.find((o) => o.spec.id === of)?.spec.needs ?? []) {
      if (found.has(need)) continue;
      found.add(need);
      visit(need);
    }
  };
  visit(id);
  return lab.objectives.filter((o) => found.has(o.spec.id));
}
