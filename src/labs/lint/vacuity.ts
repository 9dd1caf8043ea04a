import { readFixtures, START_FIXTURE } from '../fixture.js';
import { prepareLab } from '../prepared-lab.js';
import { dryRun, dryTruth, NOTHING, type State } from './dry-run.js';
import { problem, type Finding, type LintInput } from './finding.js';

/**
 * An untouched sandbox must score 0: what holds on it may only stand behind a need that does not. What it shows is
 * `fixtures/start.json`, with itself as `past['start']`; nothing at all without that file.
 */
export function vacuityFindings({ spec, files }: LintInput): Finding[] {
  const lab = prepareLab(spec);
  const start = readFixtures(files).find(({ file }) => file === START_FIXTURE);
  const state = start && 'fixture' in start ? startState(start.fixture) : NOTHING;
  const truths = dryRun(lab, state);
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
  if (!start) return [...findings, ...startMissing({ spec })];
  lab.preconditions.forEach((precondition, i) => {
    if (dryTruth(lab, precondition, state) === 'T') return;
    findings.push(problem('vacuity', ['preconditions', i], `does not hold on ${START_FIXTURE}`));
  });
  lab.tripwires.forEach(({ never }, i) => {
    if (dryTruth(lab, never, state) !== 'T') return;
    findings.push(problem('vacuity', ['tripwires', i], `trips on ${START_FIXTURE}`));
  });
  return findings;
}

function startState(fixture: State): State {
  return { ...fixture, past: { start: fixture.observations, ...fixture.past } };
}

/** After a set-up the untouched sandbox is not empty, so nothing was proven about it. */
function startMissing({ spec }: Pick<LintInput, 'spec'>): Finding[] {
  if (spec.setup.length === 0) return [];
  const text = `has no ${START_FIXTURE}, so it is not checked that an untouched sandbox scores 0; record one`;
  return [{ ...problem('start-fixture', ['setup'], text), level: 'warning' }];
}
