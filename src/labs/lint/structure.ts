import { isCelName } from '../../grading/cel.js';
import { problem, type Finding, type LintInput } from './finding.js';
import { cycleOf } from './needs-cycle.js';

/** Ids, needs, and that the folder bears the lab's name. */
export function structureFindings({ slug, spec }: LintInput): Finding[] {
  const findings: Finding[] = [];
  if (spec.id !== slug) {
    findings.push(
      problem('folder-name', ['id'], `is "${spec.id}", but the folder is "${slug}"; make them equal`),
    );
  }
  const ids = new Set<string>();
  spec.objectives.forEach((objective, i) => {
    if (ids.has(objective.id))
      findings.push(problem('unique-ids', ['objectives', i, 'id'], `"${objective.id}" is used twice`));
    ids.add(objective.id);
  });
  spec.objectives.forEach((objective, i) => {
    objective.needs.forEach((need, j) => {
      if (!ids.has(need)) {
        const known = [...ids].join(', ');
        findings.push(
          problem('needs', ['objectives', i, 'needs', j], `"${need}" is no objective; there are: ${known}`),
        );
      }
    });
  });
  const tripwires = new Set<string>();
  spec.tripwires.forEach(({ id, onTrip }, i) => {
    if (tripwires.has(id))
      findings.push(problem('unique-ids', ['tripwires', i, 'id'], `"${id}" is used twice`));
    tripwires.add(id);
    for (const target of typeof onTrip === 'object' && 'fail' in onTrip ? onTrip.fail : []) {
      if (!ids.has(target))
        findings.push(problem('tripwires', ['tripwires', i, 'onTrip'], `"${target}" is no objective`));
    }
  });
  for (const name of Object.keys(spec.params)) {
    if (Object.hasOwn(spec.vars, name))
      findings.push(problem('names', ['vars', name], 'is also a parameter; rename one'));
  }
  for (const name of Object.keys(spec.observe)) {
    if (['lab', 'past', 'sandbox'].includes(name) || !isCelName(name))
      findings.push(problem('names', ['observe', name], 'is a reserved name; choose another'));
  }
  if (findings.length > 0) return findings;
  const cycle = cycleOf(spec.objectives);
  if (cycle) {
    const first = spec.objectives.findIndex((o) => o.id === cycle[0]);
    const text = `form a cycle: ${cycle.join(' → ')}; take one of these needs away`;
    findings.push(problem('needs', ['objectives', first, 'needs'], text));
  }
  return findings;
}
