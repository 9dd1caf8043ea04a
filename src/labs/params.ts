import { hkdfSync } from 'node:crypto';
import type { LabSpec, ParamSpec, Scalar } from './lab-spec.js';
import { WORDS } from './words.js';

/** 32 characters, so that a byte picks one without bias; none that are taken for another. */
const TOKEN = 'abcdefghijkmnpqrstuvwxyz23456789';

/** Values that must not be shown: the learner is to find them. */
export function secretValues(spec: LabSpec, values: Record<string, Scalar>): string[] {
  return Object.entries(spec.params).flatMap(([name, { draw }]) =>
    draw === 'token' ? [String(values[name])] : [],
  );
}

/** Parameters and constants of one run. Without a seed the defaults hold, which are the course's own values. */
export function labValues(spec: LabSpec, seed?: string): Record<string, Scalar> {
  const drawn = Object.entries(spec.params).map(([name, param]) => [
    name,
    seed === undefined || !param.draw ? param.default : drawParam(param, seed, name),
  ]);
  return { ...spec.vars, ...(Object.fromEntries(drawn) as Record<string, Scalar>) };
}

/** Derived from (seed, name), so a value does not depend on which others are drawn. */
function drawParam(param: ParamSpec, seed: string, name: string): Scalar {
  const bytes = Buffer.from(hkdfSync('sha256', seed, 'wheelhouse-param', name, 32));
  let at = 0;
  const below = (n: number): number => {
    const value = bytes.readUInt32BE((at++ % 8) * 4);
    return value % n;
  };
  const rule = param.draw!;
  if (rule === 'word') return WORDS[below(WORDS.length)]!;
  if (rule === 'token') return Array.from(bytes.subarray(8, 24), (byte) => TOKEN[byte % 32]).join('');
  if ('int' in rule) return rule.int[0] + below(rule.int[1] - rule.int[0] + 1);
  if ('oneOf' in rule) return rule.oneOf[below(rule.oneOf.length)]!;
  return rule.pattern.replace(/\{(\d+)\.\.(\d+)\}/g, (_, low: string, high: string) =>
    String(Number(low) + below(Number(high) - Number(low) + 1)),
  );
}
