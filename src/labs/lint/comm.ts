import type { Assert } from '../../grading/assert.js';
import { isObject, type Json } from '../../grading/json.js';
import { prepareLab, type PreparedLab } from '../prepared-lab.js';
import { nodesOf } from './assert-paths.js';
import { problem, type Finding, type LintInput } from './finding.js';

/** Of what `host.procs` tells, the name of a process alone is the process's own word. */
export function commFindings({ spec }: LintInput): Finding[] {
  const lab = prepareLab(spec);
  return lab.objectives.flatMap(({ spec: { id }, assert }) => {
    if (!assert || !readsComm(assert, lab)) return [];
    const at = ['objectives', spec.objectives.findIndex((o) => o.id === id), 'assert'];
    const text = 'reads comm, a name that any process can give itself; read its namespaces, root or group';
    return [{ ...problem('tenant-field', at, text), objective: id, level: 'warning' }];
  });
}

function readsComm(assert: Assert, lab: PreparedLab): boolean {
  const ofProcs = (name: string): boolean => lab.calls[name]?.probe === 'host.procs';
  return [...nodesOf(assert, [])].some(({ node }) => {
    if ('match' in node) return Object.entries(node.match).some(([name, p]) => ofProcs(name) && names(p));
    if (!('cel' in node)) return false;
    return /\.comm\b/.test(node.cel) && lab.compile(node.cel).reads.some(ofProcs);
  });
}

/** Whether a pattern has the key anywhere. */
function names(pattern: Json): boolean {
  if (Array.isArray(pattern)) return pattern.some(names);
  return isObject(pattern) && ('comm' in pattern || Object.values(pattern).some(names));
}
