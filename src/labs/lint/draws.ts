import type { Json } from '../../grading/json.js';
import { labValues } from '../params.js';
import { prepareLab } from '../prepared-lab.js';
import { meetsReserved, RESERVED_NETWORKS } from '../reserved-networks.js';
import { setupManifests } from '../setup-manifests.js';
import { problem, type Finding, type LintInput } from './finding.js';

/** As many runs as are looked at. */
const SEEDS = Array.from({ length: 8 }, (_, n) => `lint-${n}`);

/** What is drawn must fit wherever it is put, and what is to be found out must stand in no text. */
export function drawFindings(input: LintInput): Finding[] {
  return [...secretTexts(input), ...unfitting(input)];
}

function secretTexts({ spec, files }: LintInput): Finding[] {
  const secrets = Object.keys(spec.params).filter((name) => spec.params[name]!.draw === 'token');
  const shows = (text: unknown): string | undefined =>
    secrets.find((name) => JSON.stringify(text ?? null).includes(`\${${name}}`));
  const findings: Finding[] = [];
  const look = (text: unknown, path: (string | number)[], file = 'lab.yaml'): void => {
    const name = shows(text);
    if (name === undefined) return;
    const message = `shows "${name}", which the learner is to find out; leave it out`;
    findings.push({ ...problem('secret-text', path, message), file });
  };
  spec.objectives.forEach((objective, i) => {
    look(objective.title, ['objectives', i, 'title']);
    objective.hints.forEach(({ text }, j) => look(text, ['objectives', i, 'hints', j, 'text']));
    objective.explain.forEach(({ text }, j) => look(text, ['objectives', i, 'explain', j, 'text']));
  });
  spec.tripwires.forEach(({ text }, i) => look(text, ['tripwires', i, 'text']));
  for (const locale of spec.locales)
    look(files[`instructions.${locale}.md`], [], `instructions.${locale}.md`);
  return findings;
}

function unfitting({ spec, files }: LintInput): Finding[] {
  for (const seed of SEEDS) {
    const draw = { seed, avoid: [] };
    const values: Record<string, Json> = labValues(spec, draw);
    const reserved = Object.keys(spec.params).find((name) => meetsReserved(values[name], RESERVED_NETWORKS));
    if (reserved !== undefined && spec.params[reserved]!.draw !== undefined) {
      const networks = RESERVED_NETWORKS.join(', ');
      return [
        problem('draw', ['params', reserved, 'draw'], `gives only networks that are reserved: ${networks}`),
      ];
    }
    try {
      prepareLab(spec, draw);
      setupManifests(spec, files, draw);
    } catch (error) {
      const shown = Object.keys(spec.params).map((name) => `${name} = ${JSON.stringify(values[name])}`);
      const message = `may draw ${shown.join(', ')}, with which the lab does not work: ${(error as Error).message}`;
      return [problem('draw', ['params'], message)];
    }
  }
  return [];
}
