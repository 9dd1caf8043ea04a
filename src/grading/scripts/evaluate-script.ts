import type { EvaluationContext, Failure, Verdict } from '../evaluate.js';
import { isObject } from '../json.js';
import { SCRIPT_PATH, scriptKey, type ScriptNode } from './script-node.js';

/** What the script said of what it was given. It ran beside this: evaluation itself starts nothing. */
export function evaluateScript(node: ScriptNode, context: EvaluationContext): Verdict {
  const observation = context.observations[scriptKey(node)];
  const fault = observation ? observation.fault : { cause: 'platform', code: 'unprobed', detail: '' };
  if (fault) {
    const failure: Failure = { path: SCRIPT_PATH, kind: 'unreadable', expected: null, observed: fault.code };
    if (fault.cause === 'tenant') return { truth: 'R', failures: [failure] };
    return { truth: 'U', failures: [failure], ...(fault.detail === '' ? {} : { defect: fault.detail }) };
  }
  const { value } = observation!;
  if (!isObject(value) || value['ok'] !== true)
    return { truth: 'F', failures: [saying(node, context, 'wrong')] };
  return { truth: 'T', failures: [] };
}

/** The line that the script wrote, as what was observed. */
export function saying(node: ScriptNode, context: EvaluationContext, kind: 'wrong' | 'held'): Failure {
  const value = context.observations[scriptKey(node)]?.value;
  const text = isObject(value) ? (value['text'] ?? null) : null;
  return { path: SCRIPT_PATH, kind, expected: kind === 'wrong' ? true : null, observed: text };
}
