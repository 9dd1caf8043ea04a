import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { patternProblems } from '../grading/operators.js';
import { PROBE_NAMES } from '../grading/probes/calls.js';
import { CAPABILITIES } from './capability.js';
import { labSpecSchema } from './lab-spec.js';
import { loadLab } from './lab-loader.js';
import { objectiveSchema } from './objective-spec.js';

interface Example {
  observe: Record<string, unknown>;
  assert: unknown;
  holds: Record<string, unknown>;
  fails: Record<string, unknown>;
  vars?: object;
  past?: object;
  sandbox?: object;
  /** Files of the folder beside lab.yaml. */
  checks?: Record<string, string>;
  /** Further fields of the objective. */
  objective?: object;
  /** Further fields of the lab. */
  lab?: object;
  /** Assertion of an objective `earlier`, which holds and fails where the example does. */
  earlier?: unknown;
}

const PAGE = readFileSync('docs/cookbook.md', 'utf8');
const EXAMPLES = [...PAGE.matchAll(/```yaml\n([^]*?)```/g)].map(({ 1: text, index }) => ({
  line: PAGE.slice(0, index).split('\n').length + 1,
  text: text!,
}));

/** A lab that consists of the example, with its two states as fixtures. */
function labOf(example: Example): Record<string, string> {
  const { observe, assert, holds, fails } = example;
  const { vars = {}, past = {}, sandbox = {}, objective = {}, checks = {}, lab = {}, earlier } = example;
  const text = { en: 'x' };
  const before = earlier === undefined ? [] : [{ id: 'earlier', title: text, weight: 1, assert: earlier }];
  const objectives = [...before, { id: 'example', title: text, weight: 1, assert, ...objective }];
  const fixture = (observations: object, verdict: boolean): string => {
    const expect = Object.fromEntries(objectives.map(({ id }) => [id, verdict]));
    return JSON.stringify({ observations, past, sandbox, expect });
  };
  const spec = {
    apiVersion: 'wheelhouse/v1',
    kind: 'Lab',
    id: 'an-example',
    version: '1.0.0',
    title: text,
    locales: ['en'],
    duration: '10m',
    sandbox: { cluster: { nodes: 1 }, requires: CAPABILITIES },
    vars,
    observe,
    objectives,
    ...lab,
  };
  return {
    'lab.yaml': JSON.stringify(spec),
    ...checks,
    'instructions.en.md': 'x',
    'fixtures/pass-all.json': fixture(holds, true),
    'fixtures/fail-example.json': fixture(fails, false),
  };
}

describe('the cookbook', () => {
  it.each(EXAMPLES)('is right in line $line', ({ text }) => {
    const { ok, problems } = loadLab('an-example', labOf(parse(text) as Example));
    expect(problems.filter(({ level }) => level === 'error')).toEqual([]);
    expect(problems.filter(({ rule }) => rule === 'tenant-only')).toEqual([]);
    expect(ok).toBe(true);
  });

  it('has an example of every probe', () => {
    const used = EXAMPLES.flatMap(({ text }) =>
      Object.values((parse(text) as Example).observe).flatMap((call) => Object.keys(call as object)),
    );
    expect([...new Set(used)].sort()).toEqual([...PROBE_NAMES].sort());
  });

  it('has an example of every operator', () => {
    const known = patternProblems({ $nothing: 1 })
      .join('')
      .match(/\$[a-z]+/g)!
      .slice(1);
    const used = new Set(EXAMPLES.flatMap(({ text }) => text.match(/\$[a-z]+(?=:)/g) ?? []));
    expect(known.filter((name) => !used.has(name))).toEqual([]);
  });

  it('and the guide name every field of a lab and of an objective', () => {
    const pages = PAGE + readFileSync('docs/authoring.md', 'utf8');
    const fields = [...Object.keys(labSpecSchema.shape), ...Object.keys(objectiveSchema.shape)];
    expect(fields.filter((field) => !new RegExp(`\\b${field}[:\`]`).test(pages))).toEqual([]);
  });
});
