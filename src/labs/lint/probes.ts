import type { Assert } from '../../grading/assert.js';
import { celCompiler, type CelProgram } from '../../grading/cel.js';
import type { Json } from '../../grading/json.js';
import { patternProblems } from '../../grading/operators.js';
import { parseCall, type ProbeCall } from '../../grading/probes/calls.js';
import { traitsOf, type ProbeCapability } from '../../grading/probes/traits.js';
import { interpolate } from '../interpolate.js';
import { labValues } from '../params.js';
import { nodesOf, type Path } from './assert-paths.js';
import { problem, type Finding, type LintInput } from './finding.js';
import { isUnwritten, unwrittenFinding } from './unwritten.js';

/** Probe calls, parameters in texts, patterns and expressions. */
export function probeFindings({ spec }: LintInput): Finding[] {
  const findings: Finding[] = [];
  const values: Record<string, Json> = labValues(spec);
  const attempt = <T>(rule: string, path: Path, run: () => T): T | undefined => {
    try {
      return run();
    } catch (error) {
      findings.push(problem(rule, path, (error as Error).message));
      return undefined;
    }
  };

  for (const [name, raw] of Object.entries(spec.observe)) {
    const put = attempt('params', ['observe', name], () => interpolate(raw as Json, values));
    if (put === undefined) continue;
    const parsed = parseCall(put);
    if ('problem' in parsed)
      findings.push(problem('probes', ['observe', name, ...parsed.path], parsed.problem));
    else findings.push(...capabilityFindings(spec, name, parsed.call));
  }

  const names = Object.keys(spec.observe);
  const compile = celCompiler(names);
  const ids = ['start', ...spec.objectives.map((o) => o.id)];
  const expression = (source: string, path: Path): void => {
    if (isUnwritten(source)) {
      findings.push(unwrittenFinding(source, path));
      return;
    }
    const program: CelProgram | undefined = attempt('cel', path, () => compile(source));
    for (const key of program?.past ?? []) {
      if (!ids.includes(key)) findings.push(problem('cel', path, `past['${key}'] names no objective`));
    }
  };
  const assertion = (assert: Assert | undefined, path: Path): void => {
    const put = assert && attempt('params', path, () => interpolate(assert as Json, values) as Assert);
    if (!put) return;
    for (const { node, at } of nodesOf(put, path)) {
      if ('cel' in node) expression(node.cel, [...at, 'cel']);
      if (!('match' in node)) continue;
      for (const [name, pattern] of Object.entries(node.match)) {
        const where = [...at, 'match', name];
        if (!names.includes(name))
          findings.push(
            problem('observe', where, `"${name}" is not in observe; there are: ${names.join(', ')}`),
          );
        for (const text of patternProblems(pattern, name)) findings.push(problem('patterns', where, text));
      }
    }
  };
  spec.preconditions.forEach((assert, i) => assertion(assert, ['preconditions', i]));
  spec.tripwires.forEach(({ never, text }, i) => {
    assertion(never, ['tripwires', i, 'never']);
    attempt('params', ['tripwires', i, 'text'], () => interpolate(text as Json, values));
  });
  spec.objectives.forEach((objective, i) => {
    assertion(objective.assert, ['objectives', i, 'assert']);
    assertion(objective.never?.assert, ['objectives', i, 'never']);
    objective.explain.forEach((e, j) => expression(e.when, ['objectives', i, 'explain', j, 'when']));
    objective.hints.forEach(({ when }, j) => {
      if (when !== undefined) expression(when, ['objectives', i, 'hints', j, 'when']);
    });
    const texts = [objective.title, ...[...objective.hints, ...objective.explain].map((part) => part.text)];
    for (const text of texts) attempt('params', ['objectives', i], () => interpolate(text as Json, values));
  });
  return findings;
}

/** By the sandbox, or by each objective that reads it: without the capability none of these is part of a run. */
function isOffered(spec: LintInput['spec'], name: string, capability: ProbeCapability): boolean {
  if (spec.sandbox.requires.includes(capability)) return true;
  const readers = spec.objectives.filter((objective) => JSON.stringify(objective).includes(name));
  return readers.length > 0 && readers.every(({ requires }) => requires.includes(capability));
}

/** A probe works only where the sandbox has what it reads. */
function capabilityFindings(spec: LintInput['spec'], name: string, call: ProbeCall): Finding[] {
  const { requires, cluster } = traitsOf(call);
  const at = ['observe', name];
  if (cluster && !spec.sandbox.cluster)
    return [problem('capabilities', at, `${call.probe} needs sandbox.cluster: { nodes: 1 }`)];
  if (requires !== null && !isOffered(spec, name, requires))
    return [problem('capabilities', at, `${call.probe} needs sandbox.requires: [${requires}]`)];
  return [];
}
