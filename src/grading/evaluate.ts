import type { Assert } from './assert.js';
import type { CelProgram } from './cel.js';
import type { Json } from './json.js';
import { match, type Mismatch } from './match.js';
import type { Observations } from './observation.js';
import { evaluateScript, saying } from './scripts/evaluate-script.js';
import { allOf, anyOf, notOf, type Truth } from './truth.js';

/** The smallest part of an assertion that explains its verdict. */
export interface Failure {
  path: string;
  /** `late` and `tripped` are no part of an assertion: see fall.ts. */
  kind: Mismatch['kind'] | 'unreadable' | 'held' | 'late' | 'tripped';
  expected: Json;
  observed: Json;
  /** Of an expression: observations that it reads and that are not there. */
  absent?: string[];
}

export interface Verdict {
  truth: Truth;
  /** Why it is not true; empty when it is. */
  failures: Failure[];
  /** A defect of the lab itself, for its author. */
  defect?: string;
}

export interface EvaluationContext {
  observations: Observations;
  /** Parameters and constants of the lab. */
  lab: Record<string, Json>;
  past: Record<string, Record<string, Json>>;
  /** Facts of the platform: see facts.ts. */
  sandbox: Record<string, Json>;
  compile(source: string): CelProgram;
}

/** Pure: the same observations give the same verdict. */
export function evaluate(node: Assert, context: EvaluationContext): Verdict {
  if ('all' in node) return evaluateAll(node.all, context);
  if ('any' in node) return evaluateAny(node.any, context);
  if ('not' in node) return evaluateNot(node.not, context);
  if ('match' in node) {
    const verdicts = Object.entries(node.match).map(([name, pattern]) => matchOne(name, pattern, context));
    return firstFailing(verdicts);
  }
  if ('script' in node) return evaluateScript(node.script, context);
  return evaluateCel(node.cel, context);
}

function evaluateAll(children: Assert[], context: EvaluationContext): Verdict {
  return firstFailing(children.map((child) => evaluate(child, context)));
}

/** The child in file order that decides: the first of those with the lowest truth. */
function firstFailing(verdicts: Verdict[]): Verdict {
  const truth = allOf(verdicts.map((v) => v.truth));
  if (truth === 'T') return { truth, failures: [] };
  return verdicts.find((v) => v.truth === truth)!;
}

function evaluateAny(children: Assert[], context: EvaluationContext): Verdict {
  const verdicts = children.map((child) => evaluate(child, context));
  const truth = anyOf(verdicts.map((v) => v.truth));
  if (truth === 'T') return { truth, failures: [] };
  const deciding = verdicts.filter((v) => v.truth === truth);
  return deciding.reduce((best, v) => (v.failures.length < best.failures.length ? v : best));
}

function evaluateNot(child: Assert, context: EvaluationContext): Verdict {
  const inner = evaluate(child, context);
  const truth = notOf(inner.truth);
  if (truth !== 'F') return { truth, failures: truth === 'T' ? [] : inner.failures, defect: inner.defect };
  return { truth, failures: [whatHeld(child, context)] };
}

/** Under a negation, or where something must never be, the thing to show is what was found. */
export function whatHeld(node: Assert, context: EvaluationContext): Failure {
  if ('match' in node) {
    const [name, pattern] = Object.entries(node.match)[0]!;
    return {
      path: name,
      kind: 'held',
      expected: null,
      observed: heldPart(pattern, context.observations[name]?.value),
    };
  }
  if ('script' in node) return saying(node.script, context, 'held');
  if ('cel' in node) {
    const absent = absentIn(context.compile(node.cel).reads, context);
    return { path: node.cel, kind: 'held', expected: false, observed: true, ...absent };
  }
  if ('not' in node) return whatFailed(node.not, context);
  const children = 'all' in node ? node.all : node.any;
  const held = children.find((child) => evaluate(child, context).truth === 'T') ?? children[0]!;
  return whatHeld(held, context);
}

/** `not` held because this did not. */
function whatFailed(node: Assert, context: EvaluationContext): Failure {
  const [failure] = evaluate(node, context).failures;
  return failure ?? { path: '', kind: 'held', expected: null, observed: null };
}

/** Of a list, the elements that one of the pattern's elements describes. */
function heldPart(pattern: Json, value: Json | undefined): Json {
  if (!Array.isArray(pattern) || !Array.isArray(value)) return value ?? null;
  return value.filter((item) => pattern.some((p) => match(p, item).length === 0)).slice(0, 3);
}

function matchOne(name: string, pattern: Json, context: EvaluationContext): Verdict {
  const unreadable = faultOf([name], context);
  if (unreadable) return unreadable;
  const failures = match(pattern, context.observations[name]!.value, name);
  return { truth: failures.length === 0 ? 'T' : 'F', failures };
}

function absentIn(names: readonly string[], { observations }: EvaluationContext): Pick<Failure, 'absent'> {
  const absent = names.filter((name) => observations[name]!.value === null);
  return absent.length === 0 ? {} : { absent };
}

/** An expression that reads anything unreadable is as unreadable; ours before the learner's. */
function faultOf(names: string[], context: EvaluationContext): Verdict | undefined {
  let refused: Verdict | undefined;
  for (const name of names) {
    const observation = context.observations[name];
    const fault = observation ? observation.fault : { cause: 'platform' as const, code: 'unprobed' };
    if (!fault) continue;
    const failure: Failure = { path: name, kind: 'unreadable', expected: null, observed: fault.code };
    if (fault.cause === 'platform') return { truth: 'U', failures: [failure] };
    refused ??= { truth: 'R', failures: [failure] };
  }
  return refused;
}

function evaluateCel(source: string, context: EvaluationContext): Verdict {
  const program = context.compile(source);
  const unreadable = faultOf(program.reads, context);
  if (unreadable) return unreadable;
  const outcome = program.run({
    observations: Object.fromEntries(program.reads.map((name) => [name, context.observations[name]!.value])),
    lab: context.lab,
    past: context.past,
    sandbox: context.sandbox,
  });
  if (outcome.truth === 'T') return { truth: 'T', failures: [] };
  if (outcome.truth === 'U') return { truth: 'U', failures: [], defect: outcome.detail };
  const kind = 'kind' in outcome ? 'missing' : 'wrong';
  const absent = absentIn(program.reads, context);
  return { truth: 'F', failures: [{ path: source, kind, expected: true, observed: false, ...absent }] };
}
