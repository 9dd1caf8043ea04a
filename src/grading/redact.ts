import type { Failure } from './evaluate.js';
import { isObject, type Json } from './json.js';

const HIDDEN = '[redacted]';
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g;
const BEARER = /\b(Bearer\s+|eyJ[A-Za-z0-9_-]{10,}\.)[A-Za-z0-9._-]{10,}/g;
const NAMED = /pass(word|wd)?$|token|secret|private.?key|api.?key|credential/i;

/** A value with nothing in it that must not be stored or shown: credentials, and what the learner is to find out. */
export function redact(value: Json, secrets: readonly string[]): Json {
  if (typeof value === 'string') return redactText(value, secrets);
  if (Array.isArray(value)) return value.map((item) => redact(item, secrets));
  if (!isObject(value)) return value;
  const { name } = value;
  const isSecretVariable = typeof name === 'string' && NAMED.test(name) && typeof value['value'] === 'string';
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      isSecretVariable && key === 'value' ? HIDDEN : redact(inner, secrets),
    ]),
  );
}

function redactText(text: string, secrets: readonly string[]): string {
  const known = secrets.reduce(
    (shown, secret) => (secret === '' ? shown : shown.replaceAll(secret, HIDDEN)),
    text,
  );
  return known.replace(PRIVATE_KEY, HIDDEN).replace(BEARER, HIDDEN);
}

export function redactFailure(failure: Failure, secrets: readonly string[]): Failure {
  const { path, kind, expected, observed } = failure;
  return {
    path: redactText(path, secrets),
    kind,
    expected: redact(expected, secrets),
    observed: redact(observed, secrets),
  };
}
