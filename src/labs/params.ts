import { hkdfSync } from 'node:crypto';
import type { LabSpec, ParamSpec, Scalar } from './lab-spec.js';
import { meetsReserved, RESERVED_NETWORKS } from './reserved-networks.js';
import { WORDS } from './words.js';

/** What the parameters of one run are drawn from, fixed when its sandbox is asked for. */
export interface Draw {
  seed: string;
  /** Networks of this installation that no value may meet, beside those that are reserved everywhere. */
  avoid: readonly string[];
}

/** 32 characters, so that a byte picks one without bias; none that are taken for another. */
const TOKEN = 'abcdefghijkmnpqrstuvwxyz23456789';
/** What a drawn token looks like; the text that it stands in goes on with something else. */
export const TOKEN_PATTERN = /(?<![A-Za-z0-9])[a-km-np-z2-9]{16}(?![A-Za-z0-9])/g;
/** A rule that can give something free gives it long before. */
const MAX_TRIES = 64;

/** Values that must not be shown: the learner is to find them. */
export function secretValues(spec: LabSpec, values: Record<string, Scalar>): string[] {
  return Object.entries(spec.params).flatMap(([name, { draw }]) =>
    draw === 'token' ? [String(values[name])] : [],
  );
}

/** Parameters and constants of one run. Without a draw the defaults hold, which are the course's own values. */
export function labValues(spec: LabSpec, draw?: Draw | null): Record<string, Scalar> {
  const drawn = Object.entries(spec.params).map(([name, param]) => [
    name,
    !draw || !param.draw ? param.default : drawParam(param, draw, name),
  ]);
  return { ...spec.vars, ...(Object.fromEntries(drawn) as Record<string, Scalar>) };
}

/** For texts that people read: what is to be found out stands in none, whatever its author wrote. */
export function shownValues(spec: LabSpec, draw?: Draw | null): Record<string, Scalar> {
  const values = labValues(spec, draw);
  const secrets = Object.keys(spec.params).filter((name) => spec.params[name]!.draw === 'token');
  return { ...values, ...Object.fromEntries(secrets.map((name) => [name, '[redacted]'])) };
}

/** For the learner's shell, so that one solution fits every run: `net` is `$net`. Never what is to be found out. */
export function shellEnv(spec: LabSpec, draw?: Draw | null): Record<string, string> {
  const values = labValues(spec, draw);
  return Object.fromEntries(
    Object.entries(spec.params)
      .filter(([, param]) => param.draw !== 'token')
      .map(([name]) => [name.replaceAll('-', '_'), String(values[name])]),
  );
}

/** Derived from (seed, name), so a value does not depend on which others are drawn. */
function drawParam(param: ParamSpec, { seed, avoid }: Draw, name: string): Scalar {
  const reserved = [...RESERVED_NETWORKS, ...avoid];
  let value = drawOnce(param, seed, name);
  for (let n = 1; n < MAX_TRIES && meetsReserved(value, reserved); n++)
    value = drawOnce(param, seed, `${name}#${n}`);
  return value;
}

function drawOnce(param: ParamSpec, seed: string, info: string): Scalar {
  const bytes = Buffer.from(hkdfSync('sha256', seed, 'wheelhouse-param', info, 32));
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
