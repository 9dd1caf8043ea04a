import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { PROBE_NAMES } from '../../grading/probes/calls.js';
import { scaffoldLab } from '../scaffold/scaffold.js';
import { fieldsOf, needsDescription } from './describe.js';
import { labJsonSchema } from './lab-json-schema.js';
import type { JsonSchema } from './json-schema.js';

const FILE = 'schemas/lab.schema.json';
const schema = labJsonSchema();
const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema);

function complaints(lab: unknown): string[] {
  validate(lab);
  return (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message}`);
}

const lab = (): Record<string, any> =>
  parse(scaffoldLab({ id: 'a-lab', kind: 'network', locales: ['en'] })['lab.yaml']!) as Record<string, any>;

describe('the JSON Schema of lab.yaml', () => {
  it(`is the one in ${FILE}; "npm run schema" writes it anew`, () => {
    expect(JSON.parse(readFileSync(FILE, 'utf8'))).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  it('describes every field and every probe', () => {
    const silent = [...fieldsOf(schema)]
      .filter((field) => needsDescription(field) && field.schema['description'] === undefined)
      .map(({ path: at }) => at);
    expect(silent).toEqual([]);
    const { observe } = schema['properties'] as Record<string, JsonSchema>;
    const calls = (observe!['additionalProperties'] as JsonSchema)['properties'] as Record<
      string,
      JsonSchema
    >;
    expect(Object.keys(calls)).toEqual(PROBE_NAMES);
    expect(PROBE_NAMES.filter((name) => calls[name]!['description'] === undefined)).toEqual([]);
  });

  it.each(readdirSync('labs'))('accepts the lab %s', (slug) => {
    expect(complaints(parse(readFileSync(path.join('labs', slug, 'lab.yaml'), 'utf8')))).toEqual([]);
  });

  it.each<[string, (lab: Record<string, any>) => void]>([
    ['an unknown field', (l) => (l['passmark'] = 1)],
    ['a probe that does not exist', (l) => (l['observe'].ns = { 'netns.lst': {} })],
    [
      'a parameter of a probe that does not exist',
      (l) => (l['observe'].lb = { 'netns.links': { namespace: 'x' } }),
    ],
    ['two probes in one', (l) => (l['observe'].ns = { 'netns.list': {}, 'netns.links': { ns: 'x' } })],
    ['a locale that does not exist', (l) => (l['title'] = { de: 'x' })],
    ['an assertion of two kinds', (l) => (l['objectives'][0].assert = { match: { ns: [1] }, cel: 'true' })],
    ['a weight of zero', (l) => (l['objectives'][0].weight = 0)],
    ['a missing title', (l) => delete l['title']],
  ])('refuses %s', (_, spoil) => {
    const spoilt = lab();
    expect(complaints(spoilt)).toEqual([]);
    spoil(spoilt);
    expect(complaints(spoilt)).not.toEqual([]);
  });

  it('lets parameters stand where a probe takes a value', () => {
    const given = lab();
    given['observe'].lb = { 'netns.links': { ns: '${name}' } };
    given['observe'].ping['net.ping'].count = '${count}';
    expect(complaints(given)).toEqual([]);
  });
});
