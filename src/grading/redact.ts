import type { Failure } from './evaluate.js';
import { inert, inertValue, isObject, type Json } from './json.js';

const HIDDEN = '[redacted]';
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g;
const BEARER = /\b(Bearer\s+|eyJ[A-Za-z0-9_-]{10,}\.)[A-Za-z0-9._-]{10,}/g;
const NAMED = /pass(word|wd)?$|token|secret|private.?key|api.?key|credential/i;

/** What stands for a text that is hidden. */
type Hide = (text: string) => string;
const hideAll: Hide = () => HIDDEN;

/** A value with nothing in it that must not be stored or shown: credentials, and what the learner is to find out. */
export function redact(value: Json, secrets: readonly string[], hide = hideAll): Json {
  if (typeof value === 'string') return redactText(value, secrets, hide);
  if (Array.isArray(value)) return value.map((item) => redact(item, secrets, hide));
  if (!isObject(value)) return value;
  const { name } = value;
  const isSecretVariable = typeof name === 'string' && NAMED.test(name) && typeof value['value'] === 'string';
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      isSecretVariable && key === 'value' ? hide(inner as string) : redact(inner, secrets, hide),
    ]),
  );
}

function redactText(text: string, secrets: readonly string[], hide = hideAll): string {
  const known = secrets.reduce(
    (shown, secret) => (secret === '' ? shown : shown.replaceAll(secret, () => hide(secret))),
    text,
  );
  return known.replace(PRIVATE_KEY, hide).replace(BEARER, hide);
}

/** As it is stored and shown: nothing secret, and nothing that a terminal would obey. */
export function redactFailure(failure: Failure, secrets: readonly string[]): Failure {
  const { path, kind, expected, observed, absent } = failure;
  return {
    path: inert(redactText(path, secrets)),
    kind,
    expected: inertValue(redact(expected, secrets)),
    observed: inertValue(redact(observed, secrets)),
    ...(absent ? { absent } : {}),
  };
}
