import { readFixtures, type NamedFixture } from '../fixture.js';
import { prepareLab, type PreparedLab } from '../prepared-lab.js';
import { dryRun } from './dry-run.js';
import type { Finding, LintInput } from './finding.js';
import { mutations } from './mutations.js';

/** Fixtures must give the verdicts that they state, cover every objective, and notice every change that is read. */
export function fixtureFindings({ spec, files }: LintInput): Finding[] {
  const lab = prepareLab(spec);
  const findings: Finding[] = [];
  const good: NamedFixture[] = [];
  for (const read of readFixtures(files)) {
    if ('problem' in read) findings.push(error('fixtures', read.file, read.problem));
    else good.push(read);
  }
  for (const { file, fixture } of good) findings.push(...verdicts(lab, file, fixture));
  // Not one for all: where a later step takes away what an earlier one made, each step has its own.
  for (const { id } of spec.objectives) {
    if (good.some(({ fixture }) => fixture.expect[id] === true)) continue;
    findings.push({
      ...error('fixtures', 'fixtures', `no fixture passes "${id}"; add it to a fixtures/pass-*.json`),
      objective: id,
    });
  }
  for (const { id, assert } of spec.objectives) {
    if (assert && !good.some(({ fixture }) => fixture.expect[id] === false)) {
      findings.push({
        ...error('fixtures', 'fixtures', `no fixture fails "${id}"; add fixtures/fail-${id}.json`),
        objective: id,
      });
    }
  }
  if (findings.length === 0) findings.push(...unnoticed(lab, good));
  return findings;
}

function error(rule: string, file: string, message: string): Finding {
  return { rule, level: 'error', file, path: [], message };
}

function verdicts(lab: PreparedLab, file: string, fixture: NamedFixture['fixture']): Finding[] {
  const unknown = [
    ...Object.keys(fixture.expect).filter((id) => !lab.objectives.some((o) => o.spec.id === id)),
    ...Object.keys(fixture.observations).filter((name) => !Object.hasOwn(lab.calls, name)),
  ];
  if (unknown.length > 0)
    return [error('fixtures', file, `names nothing of this lab: ${unknown.join(', ')}`)];
  const truths = dryRun(lab, fixture);
  return Object.entries(fixture.expect).flatMap(([id, due]) => {
    const got = truths[id]!;
    if ((got === 'T') === due && got !== 'U') return [];
    const says = got === 'U' ? 'is a defect of the expression' : `is ${got === 'T'}`;
    return [{ ...error('fixtures', file, `"${id}" should be ${due}, but ${says}`), objective: id }];
  });
}

/** Every leaf of a passing fixture that a passed assertion names must matter: removed and altered, some verdict changes. */
function unnoticed(lab: PreparedLab, fixtures: NamedFixture[]): Finding[] {
  const findings: Finding[] = [];
  for (const { file, fixture } of fixtures) {
    const before = dryRun(lab, fixture);
    if (!file.startsWith('fixtures/pass-')) continue;
    for (const objective of lab.objectives) {
      if (before[objective.spec.id] !== 'T') continue;
      for (const mutation of mutations(
        objective.assert,
        fixture.observations,
        (source) => lab.compile(source).reads,
      )) {
        const after = dryRun(lab, { ...fixture, observations: mutation.observations });
        if (Object.keys(before).some((id) => before[id] !== after[id])) continue;
        findings.push({
          ...error(
            'mutation',
            file,
            `${mutation.what} changes no verdict, though "${objective.spec.id}" names it`,
          ),
          objective: objective.spec.id,
          level: 'warning',
        });
      }
    }
  }
  return findings;
}
