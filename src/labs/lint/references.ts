import { traitsOf } from '../../grading/probes/traits.js';
import { prepareLab, type PreparedLab } from '../prepared-lab.js';
import { problem, type Finding, type LintInput } from './finding.js';

type Objectives = LintInput['spec']['objectives'];
type Path = (string | number)[];

/** What is no name of an objective, as `from` and `since` have it for a moment of the run. */
const MOMENTS = ['unblocked', 'start'];

/** Moments that `within` and `since` count from, and what may leave `failed`. */
export function referenceFindings({ spec }: LintInput): Finding[] {
  const { objectives } = spec;
  const findings = objectives.flatMap(({ id, within, since }, i) => {
    const at: Path = ['objectives', i];
    const found: Finding[] = [];
    if (MOMENTS.includes(id))
      found.push(
        problem('references', [...at, 'id'], `"${id}" names a moment of the run; choose another id`),
      );
    if (within) found.push(...unknown(objectives, within.from, [...at, 'within', 'from'], id));
    if (since !== undefined) {
      found.push(...unknown(objectives, since, [...at, 'since'], id));
      if (found.length === 0 && !MOMENTS.includes(since) && !isNeeded(objectives, id, since))
        found.push(
          problem('references', [...at, 'since'], `"${since}" may never come; name it in needs, too`),
        );
    }
    return found;
  });
  return [...findings, ...retryFindings(spec)];
}

function unknown(objectives: Objectives, name: string, path: Path, self: string): Finding[] {
  if (name === self) return [problem('references', path, 'cannot be the objective itself')];
  if (MOMENTS.includes(name) || objectives.some((o) => o.id === name)) return [];
  const known = [...MOMENTS, ...objectives.map((o) => o.id)].join(', ');
  return [problem('references', path, `"${name}" is no objective; there are: ${known}`)];
}

/** Whether an objective is passed before another one is unblocked. */
function isNeeded(objectives: Objectives, id: string, wanted: string, seen = new Set<string>()): boolean {
  const needs = objectives.find((o) => o.id === id)?.needs ?? [];
  return needs.some((need) => {
    if (need === wanted) return true;
    if (seen.has(need)) return false;
    seen.add(need);
    return isNeeded(objectives, need, wanted, seen);
  });
}

function retryFindings({ objectives, tripwires }: LintInput['spec']): Finding[] {
  return objectives.flatMap(({ id, retry, never, within }, i) => {
    if (retry === 0 || never || within) return [];
    const wired = tripwires.some(
      ({ onTrip }) => typeof onTrip === 'object' && 'fail' in onTrip && onTrip.fail.includes(id),
    );
    const why = wired ? 'fails by a tripwire alone, which is never taken back' : 'cannot fail';
    const text = `retry is of no use: "${id}" ${why}`;
    return [
      { ...problem('retry', ['objectives', i, 'retry'], text), objective: id, level: 'warning' as const },
    ];
  });
}

/** A `since` of an objective is passed on to what can leave out what was before; elsewhere it would be believed in vain. */
export function sinceFindings({ spec }: LintInput, lab: PreparedLab = prepareLab(spec)): Finding[] {
  return spec.objectives.flatMap(({ id, since }, i) => {
    if (since === undefined) return [];
    const { reads } = lab.objectives.find((o) => o.spec.id === id)!;
    const calls = reads.flatMap((name) => lab.calls[name] ?? []);
    if (calls.some((call) => traitsOf(call).since)) return [];
    const read = [...new Set(calls.map(({ probe }) => probe))].join(', ');
    const text = `only kube.logs can leave out what was before; "${id}" reads ${read === '' ? 'none' : read}`;
    return [problem('since', ['objectives', i, 'since'], text)];
  });
}
