import { prepareLab } from '../prepared-lab.js';
import { dryRun } from './dry-run.js';
import { problem, type Finding, type LintInput } from './finding.js';

/** An untouched sandbox must score 0: what holds on nothing may only stand behind a need that does not. */
export function vacuityFindings({ spec }: LintInput): Finding[] {
  const lab = prepareLab(spec);
  const truths = dryRun(lab, {});
  const credited = new Set<string>();
  const findings: Finding[] = [];
  for (const { spec: objective } of lab.objectives) {
    if (truths[objective.id] !== 'T' || !objective.needs.every((need) => credited.has(need))) continue;
    credited.add(objective.id);
    const index = spec.objectives.findIndex((o) => o.id === objective.id);
    findings.push({
      ...problem(
        'vacuity',
        ['objectives', index],
        `"${objective.id}" holds on an untouched sandbox; let it need an objective that does not`,
      ),
      objective: objective.id,
    });
  }
  return findings;
}
