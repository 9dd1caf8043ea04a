import type { Assert } from '../../grading/assert.js';
import { parseCall } from '../../grading/probes/calls.js';
import { traitsOf } from '../../grading/probes/traits.js';
import { fileOf, givenTo, type ScriptNode } from '../../grading/scripts/script-node.js';
import { nodesOf, type Path } from './assert-paths.js';
import { problem, type Finding, type LintInput } from './finding.js';

const MAX_BYTES = 64 * 1024;

/** Scripts are there, can be started, read what is observed, and stand where their result is asked for. */
export function scriptFindings({ spec, files }: LintInput): Finding[] {
  const names = Object.keys(spec.observe);
  const findings: Finding[] = [];
  spec.objectives.forEach((objective, i) => {
    for (const { script, at } of scriptsOf(objective.assert, ['objectives', i, 'assert'])) {
      findings.push(...fileFindings(script, at, files), ...readFindings(script, at, names));
      if (
        objective.since !== undefined &&
        givenOf(script, names).some((name) => knowsSince(spec.observe[name]))
      )
        findings.push(
          problem('scripts', at, 'cannot be given logs of a since of its own; read them by match or cel'),
        );
    }
    const { never } = objective;
    if (never) findings.push(...misplaced(never.assert, ['objectives', i, 'never']));
  });
  spec.tripwires.forEach(({ never }, i) => findings.push(...misplaced(never, ['tripwires', i, 'never'])));
  spec.preconditions.forEach((assert, i) => findings.push(...misplaced(assert, ['preconditions', i])));
  return findings;
}

function scriptsOf(assert: Assert | undefined, path: Path): { script: ScriptNode; at: Path }[] {
  if (!assert) return [];
  return [...nodesOf(assert, path)].flatMap(({ node, at }) =>
    'script' in node ? [{ script: node.script, at: [...at, 'script'] }] : [],
  );
}

const givenOf = (script: ScriptNode, names: string[]): string[] => givenTo(script) ?? names;

function knowsSince(raw: unknown): boolean {
  const parsed = parseCall(raw);
  return 'call' in parsed && traitsOf(parsed.call).since === true;
}

function fileFindings(script: ScriptNode, at: Path, files: LintInput['files']): Finding[] {
  const file = fileOf(script);
  const text = files[file];
  if (text === undefined) return [problem('scripts', at, `${file} is missing from the folder`)];
  const about = (message: string): Finding => ({ ...problem('scripts', [], message), file });
  if (Buffer.byteLength(text) > MAX_BYTES) return [about(`has more than ${MAX_BYTES} bytes`)];
  if (/^#!\/[^\n]+\n/.test(text)) return [];
  return [about('must begin with a line that names its interpreter, such as #!/bin/bash')];
}

function readFindings(script: ScriptNode, at: Path, names: string[]): Finding[] {
  if (names.length === 0) return [problem('scripts', at, 'has nothing to read: observe is empty')];
  return givenOf(script, names)
    .filter((name) => !names.includes(name))
    .map((name) =>
      problem('scripts', [...at, 'reads'], `"${name}" is not in observe; there are: ${names.join(', ')}`),
    );
}

/** What must never be is judged at the moment, and a set-up before there is anybody who could ask for a script. */
function misplaced(assert: Assert, path: Path): Finding[] {
  return scriptsOf(assert, path).map(({ at }) =>
    problem('scripts', at, "can stand in an objective's assert alone; use match or cel here"),
  );
}
