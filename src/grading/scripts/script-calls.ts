import type { PreparedObjective } from '../../labs/prepared-lab.js';
import { walkAssert } from '../assert.js';
import type { ProbeCall, ScriptCall } from '../probes/calls.js';
import { traitsOf, type Trust } from '../probes/traits.js';
import { fileOf, givenTo, scriptKey } from './script-node.js';

/** The weakest last: a script is worth no more than what it is given. */
const BY_STRENGTH: Trust[] = ['host', 'kernel', 'api', 'tenant'];

/** A call for each script of the objectives, under its key: its result is asked for as that of a probe is. */
export function scriptCalls(
  objectives: readonly Pick<PreparedObjective, 'assert'>[],
  calls: Record<string, ProbeCall>,
): Record<string, ScriptCall> {
  const found: Record<string, ScriptCall> = {};
  for (const { assert } of objectives) {
    if (!assert) continue;
    walkAssert(assert, (node) => {
      if (!('script' in node)) return;
      const reads = givenTo(node.script) ?? Object.keys(calls);
      const trusts = reads.flatMap((name) => (calls[name] ? [traitsOf(calls[name]).trust] : []));
      const trust = BY_STRENGTH.findLast((level) => trusts.includes(level)) ?? 'host';
      found[scriptKey(node.script)] = {
        probe: 'script',
        params: { file: fileOf(node.script), reads, trust },
      };
    });
  }
  return found;
}

/** Names that an objective reads, with what its scripts are given: that is asked for before them. */
export function withGiven(reads: readonly string[], scripts: Record<string, ScriptCall>): string[] {
  return [...new Set(reads.flatMap((name) => [...(scripts[name]?.params.reads ?? []), name]))];
}
