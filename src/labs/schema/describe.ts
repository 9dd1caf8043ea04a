import { DESCRIPTIONS } from './descriptions.js';
import { isNode, type JsonSchema } from './json-schema.js';

/** A field of the schema by its place: `objectives[].hints[].after`, `params.*.draw`. */
export interface Field {
  path: string;
  schema: JsonSchema;
}

/** Every named field, the parameters of probes apart: each probe has one description. */
export function* fieldsOf(schema: JsonSchema, path = ''): Generator<Field> {
  const { properties, additionalProperties, items } = schema;
  if (isNode(properties)) {
    for (const [name, inner] of Object.entries(properties)) {
      const at = path === '' ? name : `${path}.${name}`;
      yield { path: at, schema: inner as JsonSchema };
      yield* fieldsOf(inner as JsonSchema, at);
    }
  }
  if (isNode(additionalProperties) && path !== 'observe') yield* fieldsOf(additionalProperties, `${path}.*`);
  if (isNode(items)) yield* fieldsOf(items, `${path}[]`);
}

/** Texts of locales need no words of their own. */
export function needsDescription({ path }: Field): boolean {
  return !/\.(fr|en)$/.test(path);
}

/** Puts the descriptions into the schema. */
export function describeFields(schema: JsonSchema): void {
  for (const { path, schema: field } of fieldsOf(schema)) {
    const description = DESCRIPTIONS[path];
    if (description !== undefined) field['description'] = description;
  }
  const { assertion } = schema['definitions'] as Record<string, { anyOf: JsonSchema[] }>;
  for (const { properties } of assertion!.anyOf) {
    for (const [kind, field] of Object.entries(properties as Record<string, JsonSchema>)) {
      // A reference beside a description would hide it.
      const { $ref, ...rest } = field;
      const described = { ...rest, ...($ref === undefined ? {} : { allOf: [{ $ref }] }) };
      Object.assign(properties as object, {
        [kind]: { ...described, description: DESCRIPTIONS[`objectives[].never.${kind}`] },
      });
    }
  }
  const observe = (schema['properties'] as Record<string, JsonSchema>)['observe']!;
  const calls = (observe['additionalProperties'] as JsonSchema)['properties'] as Record<string, JsonSchema>;
  for (const [name, call] of Object.entries(calls)) {
    const description = DESCRIPTIONS[`observe.*.${name}`];
    if (description !== undefined) call['description'] = description;
  }
}
