import { Environment, EvaluationError } from '@marcbachmann/cel-js';
import { insideCidr } from './cidr.js';
import { isObject, type Json } from './json.js';
import { parseQuantity } from './quantity.js';

const MAX_NODES = 500;

export type CelOutcome =
  | { truth: 'T' | 'F' }
  /** A key was missing or null was read: false, as the thing is not there yet. */
  | { truth: 'F'; kind: 'missing'; detail: string }
  /** The expression does not fit the data: the author's fault, never the learner's. */
  | { truth: 'U'; kind: 'defect'; detail: string };

export interface CelProgram {
  source: string;
  /** Names of the observations that it reads. */
  reads: string[];
  /** Keys read as `past['<key>']`. */
  past: string[];
  run(context: CelContext): CelOutcome;
}

export interface CelContext {
  observations: Record<string, Json>;
  lab: Record<string, Json>;
  past: Record<string, Record<string, Json>>;
  /** Facts of the platform. */
  sandbox: Record<string, Json>;
}

export class CelError extends Error {}

/** Failures that the learner's state causes by not being there yet, or by not being a number or an address. */
const MISSING = new Set(['no_such_key', 'index_out_of_bounds', 'invalid_comprehension_range']);
const UNREADABLE = /_conversion_error$|^invalid_(int|double|timestamp)/;

/** Whether an observation may be called so: not a word or a type of the language. */
export function isCelName(name: string): boolean {
  try {
    const parsed = new Environment().registerVariable(name, 'dyn').parse(name);
    return (parsed.ast as { op?: unknown }).op === 'id';
  } catch {
    return false;
  }
}

/** Compiles expressions over the given observation names. Building one is slow, running its programs is not. */
export function celCompiler(names: readonly string[]): (source: string) => CelProgram {
  const environment = new Environment({
    limits: { maxAstNodes: MAX_NODES },
    homogeneousAggregateLiterals: false,
  });
  for (const name of ['lab', 'past', 'sandbox', ...names]) environment.registerVariable(name, 'dyn');
  environment
    .registerFunction('distinct(list): bool', (items: unknown[]) => new Set(items).size === items.length)
    .registerFunction('cidr(string, string): bool', (inner: string, outer: string) =>
      insideCidr(inner, outer),
    )
    .registerFunction('quantity(dyn): double', (value: unknown) => {
      const amount = typeof value === 'bigint' ? Number(value) : parseQuantity(value as string);
      if (amount === undefined) throw new TypeError('not a quantity');
      return amount;
    });
  const cache = new Map<string, CelProgram>();
  return (source) => {
    const known = cache.get(source);
    if (known) return known;
    const program = compile(environment, source, names);
    cache.set(source, program);
    return program;
  };
}

function compile(environment: Environment, source: string, names: readonly string[]): CelProgram {
  let parsed: ReturnType<Environment['parse']>;
  try {
    parsed = environment.parse(source);
  } catch (error) {
    throw new CelError(
      `${(error as { summary?: string }).summary ?? (error as Error).message} in: ${source}`,
    );
  }
  const checked = parsed.check();
  if (!checked.valid) throw new CelError(`${checked.error?.summary ?? 'does not type-check'} in: ${source}`);
  if (checked.type !== 'bool' && checked.type !== 'dyn') {
    throw new CelError(`must be true or false, but is ${String(checked.type)}: ${source}`);
  }
  const used = new Set<string>();
  const past = new Set<string>();
  walk(parsed.ast, used, past);
  return {
    source,
    reads: names.filter((name) => used.has(name)),
    past: [...past],
    run: (context) => run(parsed, variablesOf(context, used)),
  };
}

/** Only what the expression names: making values fit for it costs more than the expression. */
function variablesOf({ observations, lab, past, sandbox }: CelContext, used: ReadonlySet<string>) {
  const variables: Record<string, unknown> = {
    lab: used.has('lab') ? once(lab) : {},
    past: used.has('past') ? mapped(past, (observed) => mapped(observed, once)) : {},
    sandbox: used.has('sandbox') ? toCel(sandbox) : {},
  };
  for (const [name, value] of Object.entries(observations)) variables[name] = once(value);
  return variables;
}

function mapped<T>(record: Record<string, T>, change: (value: T) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** What was observed is never changed, and many expressions read it at many looks. */
const converted = new WeakMap<object, unknown>();

function once(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return toCel(value);
  const known = converted.get(value);
  if (known !== undefined) return known;
  const fresh = toCel(value);
  converted.set(value, fresh);
  return fresh;
}

function run(parsed: ReturnType<Environment['parse']>, variables: Record<string, unknown>): CelOutcome {
  try {
    const result: unknown = parsed(variables);
    if (typeof result === 'boolean') return { truth: result ? 'T' : 'F' };
    return { truth: 'U', kind: 'defect', detail: `the result is ${typeof result}, not true or false` };
  } catch (error) {
    if (!(error instanceof EvaluationError)) return { truth: 'U', kind: 'defect', detail: String(error) };
    const detail = error.summary;
    if (MISSING.has(error.code) || UNREADABLE.test(error.code) || /dyn<null>|'null'|\(null\)/.test(detail)) {
      return { truth: 'F', kind: 'missing', detail };
    }
    return { truth: 'U', kind: 'defect', detail };
  }
}

/** Whole numbers become 64-bit integers, as CEL knows them. */
function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(toCel);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toCel(inner)]));
  }
  return value;
}

/** Collects identifiers, and the literal keys of `past[...]`. A bound variable of a macro may hide a name: harmless. */
function walk(node: unknown, used: Set<string>, past: Set<string>): void {
  if (Array.isArray(node)) {
    for (const item of node) walk(item, used, past);
    return;
  }
  if (!isNode(node)) return;
  if (node.op === 'id' && typeof node.args === 'string') used.add(node.args);
  if ((node.op === '[]' || node.op === '.') && Array.isArray(node.args)) {
    const [target, key] = node.args as unknown[];
    const literal = isNode(key) && key.op === 'value' ? key.args : key;
    if (isNode(target) && target.op === 'id' && target.args === 'past' && typeof literal === 'string')
      past.add(literal);
  }
  walk(node.args, used, past);
}

function isNode(value: unknown): value is { op: string; args: unknown } {
  return isObject(value as Json) && typeof (value as { op?: unknown }).op === 'string';
}
