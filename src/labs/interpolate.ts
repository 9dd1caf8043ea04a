import type { Json } from '../grading/json.js';

export class UnknownParameter extends Error {
  constructor(readonly parameter: string) {
    super(
      `\${${parameter}} is neither a parameter nor a variable of the lab; $\${${parameter}} is meant as it stands`,
    );
  }
}

/** `${name}`; with another `$` before it, it is meant as it stands. */
const PARAMETER = /\$?\$\{([a-zA-Z0-9_-]+)\}/g;

/** Parameters put into a text for people; `$${HOME}` stays as `${HOME}`. */
export function interpolateText(text: string, lab: Record<string, Json>): string {
  return text.replace(PARAMETER, (found, name: string) =>
    found.startsWith('$$') ? found.slice(1) : asText(lookup(name, lab)),
  );
}

/** Offsets of the parameters in a text that are not among the values. */
export function unknownParameters(text: string, lab: Record<string, Json>): { name: string; at: number }[] {
  return [...text.matchAll(PARAMETER)]
    .filter(([found, name]) => !found.startsWith('$$') && !Object.hasOwn(lab, name!))
    .map((found) => ({ name: found[1]!, at: found.index }));
}

function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `"${x}"` alone keeps the type of x; inside text it becomes text. Names are known or it is an error. */
export function interpolate(value: Json, lab: Record<string, Json>): Json {
  if (typeof value === 'string') return interpolateValue(value, lab);
  if (Array.isArray(value)) return value.map((item) => interpolate(item, lab));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, interpolate(inner, lab)]));
  }
  return value;
}

function interpolateValue(text: string, lab: Record<string, Json>): Json {
  const whole = /^\$\{([a-zA-Z0-9_-]+)\}$/.exec(text);
  if (whole) return lookup(whole[1]!, lab);
  return interpolateText(text, lab);
}

function lookup(name: string, lab: Record<string, Json>): Json {
  if (!Object.hasOwn(lab, name)) throw new UnknownParameter(name);
  return lab[name]!;
}
