import { drawFindings } from './lint/draws.js';
import { commFindings } from './lint/comm.js';
import { evidenceFindings } from './lint/evidence.js';
import { fixtureFindings } from './lint/fixtures.js';
import type { Finding, LintInput } from './lint/finding.js';
import { instructionFindings } from './lint/instructions.js';
import { localeFindings } from './lint/locales.js';
import { probeFindings } from './lint/probes.js';
import { referenceFindings, sinceFindings } from './lint/references.js';
import { requiresFindings } from './lint/requires.js';
import { scriptFindings } from './lint/scripts.js';
import { setupFindings } from './lint/setup.js';
import { solutionFindings } from './lint/solution.js';
import { structureFindings } from './lint/structure.js';
import { timelineFindings } from './lint/timelines.js';
import { vacuityFindings } from './lint/vacuity.js';
import { pathText, type LabProblem } from './lab-yaml.js';

/** All rules in the order of their depth; the later ones need a lab that the earlier ones found sound. */
export function lintLab(input: LintInput): LabProblem[] {
  const findings = [
    ...structureFindings(input),
    ...localeFindings(input),
    ...setupFindings(input),
    ...solutionFindings(input),
  ];
  findings.push(...referenceFindings(input));
  // A name that expressions cannot read makes none of them compile.
  if (!findings.some((f) => f.rule === 'names'))
    findings.push(...probeFindings(input), ...instructionFindings(input), ...requiresFindings(input));
  findings.push(...scriptFindings(input));
  if (!findings.some((f) => f.level === 'error')) {
    findings.push(...drawFindings(input), ...sinceFindings(input));
    findings.push(...fixtureFindings(input), ...timelineFindings(input));
    findings.push(...vacuityFindings(input), ...evidenceFindings(input), ...commFindings(input));
  }
  return findings.filter((f) => !accepted(input, f)).map((f) => toProblem(input, f));
}

function accepted({ spec }: LintInput, finding: Finding): boolean {
  if (finding.level === 'error') return false;
  return spec.lint.accept.some(
    (a) => a.rule === finding.rule && (a.objective === undefined || a.objective === finding.objective),
  );
}

function toProblem({ source }: LintInput, finding: Finding): LabProblem {
  const { place, ...rest } = finding;
  const found = finding.file === 'lab.yaml' ? source.at(finding.path) : place;
  return { ...rest, ...found, path: pathText(finding.path) };
}
