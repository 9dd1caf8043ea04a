import { certificateHash, sha256 } from '../fingerprint.js';
import { isObject, type Json, type JsonObject } from '../json.js';

/**
 * Where a kubeconfig leads: of its current context the server, the hash of the CA certificate, the namespace, the user.
 * Keys, tokens and passwords are replaced by hashes.
 */
export function kubeconfigFacts(config: Json): Json {
  if (!isObject(config)) return null;
  const currentContext = textOf(config['current-context']);
  const context = named(config['contexts'], currentContext, 'context');
  const cluster = named(config['clusters'], textOf(context['cluster']), 'cluster');
  const user = named(config['users'], textOf(context['user']), 'user');
  const ca = textOf(cluster['certificate-authority-data']);
  return {
    currentContext,
    contexts: listOf(config['contexts']).map((item) => textOf(item['name'])),
    server: textOf(cluster['server']),
    caHash: (ca !== null && certificateHash(Buffer.from(ca, 'base64').toString('latin1'))) || null,
    namespace: textOf(context['namespace']) ?? 'default',
    user: textOf(context['user']),
    credential: credentialOf(user),
  };
}

/** Which kind of credential, and a hash to tell two of them apart. */
function credentialOf(user: JsonObject): Json {
  for (const [key, kind] of [
    ['client-certificate-data', 'certificate'],
    ['client-key-data', 'certificate'],
    ['token', 'token'],
    ['password', 'password'],
  ] as const) {
    const value = textOf(user[key]);
    if (value !== null) return { kind, hash: sha256(value) };
  }
  return null;
}

function listOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter((item) => isObject(item)) : [];
}

function named(list: Json | undefined, name: string | null, key: string): JsonObject {
  const entry = listOf(list).find((item) => name !== null && item['name'] === name);
  const inner = entry?.[key];
  return isObject(inner) ? inner : {};
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
