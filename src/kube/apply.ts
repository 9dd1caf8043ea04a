import { Deadline } from '../common/deadline.js';
import { parseAllDocuments } from 'yaml';
import type { ClusterAccess } from '../drivers/cluster-driver.js';
import { eachLine } from './json-lines.js';
import { discoverResource } from './discovery.js';
import { parseJson } from './json-text.js';
import { builtInResource, resourcePath, type Resource } from './kinds.js';
import { KubeError } from './kube-error.js';
import { isKubeObject, type KubeObject } from './object.js';
import { isAvailable } from './readiness.js';
import { KubeTransport } from './transport.js';

const FIELD_MANAGER = 'wheelhouse';
const TIMEOUT_MS = 10_000;
const MAX_BYTES = 2 * 1024 * 1024;
/** Between two attempts when the server is not ready for an object: a namespace or a definition that is just made. */
const RETRY_MS = 200;

export interface ApplyOptions {
  signal: AbortSignal;
  /** Ms since the epoch. */
  deadline: number;
}

/**
 * Applies manifests on the server's side, in their order, then waits until what they make is available. Twice equals
 * once. This client may write: it is for the set-up of labs, and grading has none of it. Rejects with KubeError.
 */
export async function applyManifests(
  access: ClusterAccess,
  texts: readonly string[],
  o: ApplyOptions,
): Promise<void> {
  const objects = texts.flatMap(manifestsOf);
  const transport = new KubeTransport(access);
  try {
    const placed: { resource: Resource; object: KubeObject }[] = [];
    for (const object of objects) placed.push({ object, resource: await applyOne(transport, object, o) });
    await Promise.all(
      placed.map(({ resource, object }) => whenAvailable(transport, resource, { object, ...o })),
    );
  } finally {
    transport.close();
  }
}

/** Every object in the YAML text. Rejects what is none, so that a misspelt manifest is not silently left out. */
export function manifestsOf(text: string): KubeObject[] {
  const documents = parseAllDocuments(text, { uniqueKeys: true, schema: 'core' });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error) throw new KubeError('malformed', error.message);
    const value: unknown = document.toJS({ maxAliasCount: 0 });
    if (value === null || value === undefined) return [];
    if (!isKubeObject(value) || typeof value.apiVersion !== 'string' || typeof value.kind !== 'string')
      throw new KubeError('malformed', 'a manifest needs apiVersion, kind and metadata.name');
    return [value];
  });
}

async function applyOne(transport: KubeTransport, object: KubeObject, o: ApplyOptions): Promise<Resource> {
  for (;;) {
    try {
      const resource = await resourceOf(transport, object, o.signal);
      await transport.fetch({
        method: 'PATCH',
        path: `${pathOf(resource, object)}?fieldManager=${FIELD_MANAGER}&force=true`,
        contentType: 'application/apply-patch+yaml',
        body: object,
        timeoutMs: Math.min(TIMEOUT_MS, left(o)),
        maxBytes: MAX_BYTES,
        signal: o.signal,
      });
      return resource;
    } catch (error) {
      const { metadata, kind } = object;
      if (!isPassing(error) || left(o) <= RETRY_MS) throw named(error, `${kind} ${metadata.name}`);
      await pause(RETRY_MS, o.signal);
    }
  }
}

/** Worth another attempt: what the object needs is still being made, or the server is starting. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof KubeError)) return false;
  // A field that the kind does not have: the server calls it an error of its own.
  if (error.message.includes('typed patch object')) return false;
  // A namespace that was made a moment ago may lack its service account, which is a 403.
  return ['not-found', 'server', 'unreachable', 'timeout', 'conflict', 'refused'].includes(error.code);
}

function named(error: unknown, what: string): unknown {
  return error instanceof KubeError
    ? new KubeError(error.code, `${what}: ${error.message}`, error.status)
    : error;
}

async function resourceOf(
  transport: KubeTransport,
  { apiVersion = '', kind = '' }: KubeObject,
  signal: AbortSignal,
): Promise<Resource> {
  const resource =
    builtInResource(apiVersion, kind) ?? (await discoverResource(transport, { apiVersion, kind }, signal));
  if (!resource) throw new KubeError('not-found', `the server has no kind ${kind} in ${apiVersion}`);
  return resource;
}

function pathOf(resource: Resource, { metadata }: KubeObject): string {
  return resourcePath(resource, metadata.namespace ?? 'default', metadata.name);
}

/** Follows the object until it is available; kinds without such a state are at once. */
async function whenAvailable(
  transport: KubeTransport,
  resource: Resource,
  o: ApplyOptions & { object: KubeObject },
): Promise<void> {
  const { metadata } = o.object;
  const path = resourcePath(resource, metadata.namespace ?? 'default');
  const query = new URLSearchParams({ watch: 'true', fieldSelector: `metadata.name=${metadata.name}` });
  for (;;) {
    const { text } = await transport.fetch({
      path: pathOf(resource, o.object),
      timeoutMs: Math.min(TIMEOUT_MS, left(o)),
      maxBytes: MAX_BYTES,
      signal: o.signal,
    });
    const now = parseJson(text);
    if (isKubeObject(now) && isAvailable(now)) return;
    if (left(o) <= RETRY_MS)
      throw new KubeError('timeout', `${resource.kind} ${metadata.name} did not become available in time`);
    const { signal: ended } = new Deadline(left(o), [o.signal]);
    const stream = await transport.open({
      path: `${path}?${query.toString()}`,
      timeoutMs: Math.min(TIMEOUT_MS, left(o)),
      signal: ended,
    });
    ended.addEventListener('abort', () => stream.destroy(), { once: true });
    let available = false;
    await eachLine(stream, (line) => {
      const { object } = parseJson(line) as { object?: unknown };
      if (!isKubeObject(object) || !isAvailable(object)) return;
      available = true;
      stream.destroy();
    }).catch((error: unknown) => {
      if (!available && o.signal.aborted) throw error;
    });
    if (available) return;
  }
}

function left({ deadline, signal }: ApplyOptions): number {
  if (signal.aborted) throw new KubeError('aborted', 'the set-up was given up');
  return Math.max(1, deadline - Date.now());
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
