import { z } from 'zod';
import { probeParams } from '../../grading/probes/calls.js';
import { labSpecSchema } from '../lab-spec.js';
import { describeFields } from './describe.js';
import { type JsonSchema, orParameter, withNamedLocales, withoutSafeLimits } from './json-schema.js';

/**
 * The JSON Schema of lab.yaml, for editors: made from the types that the loader uses, with a description of every field.
 * What only the loader can know (needs that form a cycle, names in expressions) stays with `lab lint`.
 */
export function labJsonSchema(): JsonSchema {
  const schema = withNamedLocales(generate(labSpecSchema));
  const properties = schema['properties'] as Record<string, JsonSchema>;
  properties['observe'] = { ...properties['observe'], additionalProperties: probeCall() };
  const objective = (properties['objectives'] as { items: JsonSchema }).items;
  const fields = objective['properties'] as Record<string, JsonSchema>;
  // What `z.preprocess` takes is unknown to the generator.
  fields['never'] = never(schema);
  describeFields(schema);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'lab.yaml of Wheelhouse',
    description: 'What a sandbox has, what is looked at, and what the learner must bring about.',
    ...schema,
  };
}

/** Draft 7: what the language servers of editors know best. */
function generate(type: z.ZodType): JsonSchema {
  const made = z.toJSONSchema(type, { io: 'input', target: 'draft-7', unrepresentable: 'any' });
  const { $schema: _, ...schema } = made as JsonSchema;
  const named = JSON.stringify(schema).replaceAll('__schema0', 'assertion').replaceAll('__schema1', 'json');
  return withoutSafeLimits(JSON.parse(named) as JsonSchema);
}

/** Exactly one of the probes, by name; parameters of a lab may stand wherever a value does. */
function probeCall(): JsonSchema {
  const properties = Object.fromEntries(
    Object.entries(probeParams).map(([name, params]) => [name, orParameter(generate(params))]),
  );
  return { type: 'object', properties, additionalProperties: false, minProperties: 1, maxProperties: 1 };
}

/** An assertion with two keys of its own beside it. */
function never(schema: JsonSchema): JsonSchema {
  const { assertion } = schema['definitions'] as Record<string, { anyOf: JsonSchema[] }>;
  const kinds = assertion!.anyOf.map((kind) => kind['properties'] as Record<string, JsonSchema>);
  return {
    type: 'object',
    properties: {
      armed: { type: 'string', enum: ['unblocked', 'start'] },
      until: { type: 'string', enum: ['passed', 'freeze'] },
      ...(Object.assign({}, ...kinds) as Record<string, JsonSchema>),
    },
    additionalProperties: false,
  };
}
