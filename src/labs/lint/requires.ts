import type { Assert } from '../../grading/assert.js';
import { celCompiler } from '../../grading/cel.js';
import type { ObjectiveSpec } from '../objective-spec.js';
import { nodesOf } from './assert-paths.js';
import { problem, type Finding, type LintInput } from './finding.js';

/**
 * An objective with `requires` may be left out of a run: nothing that stays may look back at it. A need is no harm, as
 * it counts as met then.
 */
export function requiresFindings({ spec }: LintInput): Finding[] {
  const { objectives } = spec;
  const compile = celCompiler(Object.keys(spec.observe));
  const findings: Finding[] = [];
  objectives.forEach((objective, i) => {
    const look = (id: string | undefined, path: (string | number)[], what: string): void => {
      const other = objectives.find((o) => o.id === id);
      const missing = other ? lacking(objective, other) : [];
      if (missing.length === 0) return;
      const text = `${what} "${id}", which is left out where ${missing.join(', ')} is missing; require the same`;
      findings.push(problem('requires', ['objectives', i, ...path], text));
    };
    look(objective.within?.from, ['within', 'from'], 'counts from');
    look(objective.since, ['since'], 'counts from');
    for (const assert of [objective.assert, objective.never?.assert])
      for (const id of pastOf(assert, compile)) look(id, ['assert'], 'reads the past of');
  });
  return findings;
}

/** Capabilities without which the other one is no part of a run that has this one. */
function lacking(objective: ObjectiveSpec, other: ObjectiveSpec): string[] {
  return other.requires.filter((capability) => !objective.requires.includes(capability));
}

function pastOf(assert: Assert | undefined, compile: ReturnType<typeof celCompiler>): string[] {
  if (!assert) return [];
  return [...nodesOf(assert, [])].flatMap(({ node }) => {
    if (!('cel' in node)) return [];
    try {
      return compile(node.cel).past;
    } catch {
      // Another rule tells of it.
      return [];
    }
  });
}
