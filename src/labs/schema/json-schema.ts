export type JsonSchema = Record<string, unknown>;

export function isNode(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Applies `change` to every schema below, children first. */
function deep(value: unknown, change: (node: JsonSchema) => JsonSchema): unknown {
  if (Array.isArray(value)) return value.map((item) => deep(item, change));
  if (!isNode(value)) return value;
  return change(Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, deep(inner, change)])));
}

/** Safe integers are what every number of JSON is; to readers these limits are noise. */
export function withoutSafeLimits(schema: JsonSchema): JsonSchema {
  return deep(schema, (node) => {
    const { minimum, maximum, ...rest } = node;
    return {
      ...rest,
      ...(minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? {} : { minimum }),
      ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum }),
    };
  }) as JsonSchema;
}

/** A map of a few known names as fields, which editors can offer. */
export function withNamedLocales(schema: JsonSchema): JsonSchema {
  return deep(schema, (node) => {
    const { propertyNames, additionalProperties, ...rest } = node;
    const names = isNode(propertyNames) ? propertyNames['enum'] : undefined;
    if (!Array.isArray(names) || !isNode(additionalProperties)) return node;
    const properties = Object.fromEntries(names.map((name: string) => [name, additionalProperties]));
    return { ...rest, properties, additionalProperties: false };
  }) as JsonSchema;
}

const PARAMETER: JsonSchema = { type: 'string', pattern: '\\$\\{[a-zA-Z0-9_-]+\\}' };

/** The same, or a text with `${parameter}` in it wherever a plain value stands. */
export function orParameter(schema: JsonSchema): JsonSchema {
  if (isLeaf(schema)) return { anyOf: [schema, PARAMETER] };
  return Object.fromEntries(
    Object.entries(schema).map(([key, inner]) => {
      if (key === 'properties' && isNode(inner))
        return [
          key,
          Object.fromEntries(Object.entries(inner).map(([name, s]) => [name, orParameter(s as JsonSchema)])),
        ];
      if ((key === 'items' || key === 'additionalProperties') && isNode(inner))
        return [key, orParameter(inner)];
      if (key === 'anyOf' && Array.isArray(inner))
        return [key, inner.map((s) => orParameter(s as JsonSchema))];
      return [key, inner];
    }),
  );
}

function isLeaf({ type, ...rest }: JsonSchema): boolean {
  if ('const' in rest || 'enum' in rest) return true;
  return typeof type === 'string' && ['string', 'number', 'integer', 'boolean'].includes(type);
}
