import type { Assert } from '../../grading/assert.js';
import type { ProbeCall } from '../../grading/probes/calls.js';
import { traitsOf } from '../../grading/probes/traits.js';
import { readsOf } from '../../grading/reads.js';
import { prepareLab, type PreparedLab } from '../prepared-lab.js';
import { lostCredit } from './credit.js';
import { problem, type Finding, type LintInput } from './finding.js';
import { comparesNote, looseNote } from './notes.js';

/** Warnings about what the evidence is worth; the author accepts one by giving a reason. */
export function evidenceFindings({ spec, files }: LintInput): Finding[] {
  const lab = prepareLab(spec);
  const calls = (assert: Assert | undefined): ProbeCall[] =>
    readsOf(assert, lab.compile).map((name) => lab.calls[name]!);
  const findings = lab.objectives.flatMap(({ spec: objective, assert, never }) => {
    const at = ['objectives', spec.objectives.findIndex((o) => o.id === objective.id)];
    const warn = (rule: string, text: string): Finding => ({
      ...problem(rule, at, text),
      objective: objective.id,
      level: 'warning',
    });
    const found: Finding[] = [];
    const read = calls(assert);
    const alone = read.length > 0 && read.every((call) => traitsOf(call).trust === 'tenant');
    if (alone && !comparesNote(lab, assert)) {
      const names = [...new Set(read.map((call) => call.probe))].join(', ');
      found.push(
        warn('tenant-only', `rests on ${names} alone, which the learner can make up; read a fact beside it`),
      );
    }
    const note = looseNote(lab, { assert, assertReads: readsOf(assert, lab.compile) });
    if (note !== undefined) {
      found.push(
        warn(
          'loose-note',
          `reads ${note}, but compares it with nothing that the learner cannot write; put both into one expression`,
        ),
      );
    }
    const polled = calls(never).find((call) => !traitsOf(call).watched);
    if (polled) {
      found.push(
        warn('polled-never', `never reads ${polled.probe}, which is polled: a short moment is missed`),
      );
    }
    return found;
  });
  return [...findings, ...polledTripwires(lab), ...requestsInLog(lab), ...lostCredit(lab, { spec, files })];
}

function polledTripwires(lab: PreparedLab): Finding[] {
  return lab.tripwires.flatMap(({ spec: { id }, reads }, i) => {
    const polled = reads.map((name) => lab.calls[name]!).find((call) => !traitsOf(call).watched);
    if (!polled) return [];
    const text = `"${id}" reads ${polled.probe}, which is polled: a short moment is missed`;
    return [{ ...problem('polled-never', ['tripwires', i, 'never'], text), level: 'warning' }];
  });
}

/** A request of the grader's own is a line in the log that it grades. */
function requestsInLog(lab: PreparedLab): Finding[] {
  const calls = Object.values(lab.calls);
  const asks = calls.some((call) => call.probe === 'http.get' && !('addr' in call.params.to));
  if (!asks || !calls.some((call) => call.probe === 'kube.logs')) return [];
  const text =
    'asks an application by HTTP and reads a log: if it is the same one, our requests stand in it too';
  return [{ ...problem('http-log', ['observe'], text), level: 'warning' }];
}
