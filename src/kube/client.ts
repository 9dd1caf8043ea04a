import type { IncomingMessage } from 'node:http';
import type { ClusterAccess } from '../drivers/cluster-driver.js';
import { execInPod, type ExecRequest, type PodExecResult } from './exec.js';
import { discoverResource } from './discovery.js';
import { resourcePath, type Resource } from './kinds.js';
import { KubeError } from './kube-error.js';
import { parseJson } from './json-text.js';
import { isKubeObject, type KubeObject } from './object.js';
import { KubeTransport } from './transport.js';

export const MAX_OBJECT_BYTES = 256 * 1024;
export const MAX_LIST_ITEMS = 500;
/** Of one answer as it comes, `managedFields` included. */
const MAX_PAGE_BYTES = 8 * 1024 * 1024;
const PAGE = 250;
export const MAX_LOG_BYTES = 64 * 1024;
const TIMEOUT_MS = 2000;
const LIST_TIMEOUT_MS = 5000;

export interface KubeList {
  items: KubeObject[];
  resourceVersion: string;
  /** There were more than MAX_LIST_ITEMS. */
  truncated: boolean;
}

export interface LogRequest {
  namespace: string;
  pod: string;
  container: string;
  tailLines: number;
  /** RFC 3339; only lines of this second and later. */
  sinceTime?: string;
  /** The instance of the container before this one. */
  previous?: boolean;
}

export interface CallSignal {
  signal?: AbortSignal;
}

/**
 * What grading may do with a cluster: get, list, watch, read logs, run a command in a container, and ask what someone
 * may do. Whatever the credential allows beyond, this client cannot say. Every answer is bounded in size and time.
 */
export class KubeReader {
  private readonly transport: KubeTransport;

  constructor(private readonly access: ClusterAccess) {
    this.transport = new KubeTransport(access);
  }

  /** A path that is no object, such as /version or /readyz: the answer whatever its status. */
  async raw(path: string, o: CallSignal = {}): Promise<{ status: number; body: string }> {
    const { status, text } = await this.transport.fetchAny({
      path,
      timeoutMs: TIMEOUT_MS,
      maxBytes: 64 * 1024,
      ...o,
    });
    return { status, body: text };
  }

  async get(resource: Resource, namespace: string | undefined, name: string): Promise<KubeObject> {
    const path = resourcePath(resource, namespace, name);
    const { text } = await this.transport.fetch({ path, timeoutMs: TIMEOUT_MS, maxBytes: MAX_OBJECT_BYTES });
    const object = parseJson(text);
    if (!isKubeObject(object)) throw new KubeError('malformed', `${path} is no object`);
    return object;
  }

  /** All objects of the kind in all namespaces, in pages. */
  async list(resource: Resource, o: CallSignal & { namespace?: string } = {}): Promise<KubeList> {
    const items: KubeObject[] = [];
    let continued: string | undefined;
    for (;;) {
      const query = new URLSearchParams({ limit: String(PAGE) });
      if (continued) query.set('continue', continued);
      const path = `${resourcePath(resource, o.namespace)}?${query.toString()}`;
      const request = { path, timeoutMs: LIST_TIMEOUT_MS, maxBytes: MAX_PAGE_BYTES, signal: o.signal };
      const page = listOf((await this.transport.fetch(request)).text, path);
      items.push(...page.items);
      if (!page.continued) return { items, resourceVersion: page.resourceVersion, truncated: false };
      if (items.length >= MAX_LIST_ITEMS)
        return {
          items: items.slice(0, MAX_LIST_ITEMS),
          resourceVersion: page.resourceVersion,
          truncated: true,
        };
      continued = page.continued;
    }
  }

  /** A stream of one JSON event per line, from just after `resourceVersion`. */
  watch(
    resource: Resource,
    o: { namespace?: string; resourceVersion: string; timeoutSeconds: number; signal: AbortSignal },
  ): Promise<IncomingMessage> {
    const query = new URLSearchParams({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: o.resourceVersion,
      timeoutSeconds: String(o.timeoutSeconds),
    });
    const path = `${resourcePath(resource, o.namespace)}?${query.toString()}`;
    return this.transport.open({ path, timeoutMs: LIST_TIMEOUT_MS, signal: o.signal });
  }

  /** The end of a container's log, each line after the time at which the node's runtime took it. */
  async logs(o: LogRequest & CallSignal): Promise<string> {
    const query = new URLSearchParams({
      container: o.container,
      tailLines: String(o.tailLines),
      limitBytes: String(MAX_LOG_BYTES * 2),
      timestamps: 'true',
    });
    if (o.sinceTime !== undefined) query.set('sinceTime', o.sinceTime);
    if (o.previous) query.set('previous', 'true');
    const pod = `/api/v1/namespaces/${encodeURIComponent(o.namespace)}/pods/${encodeURIComponent(o.pod)}`;
    const path = `${pod}/log?${query.toString()}`;
    const maxBytes = MAX_LOG_BYTES * 2 + 4096;
    return (await this.transport.fetch({ path, timeoutMs: TIMEOUT_MS, maxBytes, signal: o.signal })).text;
  }

  exec(o: ExecRequest): Promise<PodExecResult> {
    return execInPod(this.access, o);
  }

  /** Whether that identity may do it, as the server's own authorisers answer. Stores nothing. */
  async mayDo(spec: Record<string, unknown>, o: CallSignal = {}): Promise<boolean> {
    const { text } = await this.transport.fetch({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec },
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_OBJECT_BYTES,
      ...o,
    });
    return (parseJson(text) as { status?: { allowed?: unknown } }).status?.allowed === true;
  }

  /** A kind that is not built in, by asking the server; undefined when it serves no such kind. */
  discover(apiVersion: string, kind: string, o: CallSignal = {}): Promise<Resource | undefined> {
    return discoverResource(this.transport, { apiVersion, kind }, o.signal);
  }

  close(): void {
    this.transport.close();
  }
}

function listOf(text: string, path: string) {
  const list = parseJson(text) as {
    items?: unknown[];
    metadata?: { resourceVersion?: string; continue?: string };
  };
  const resourceVersion = list.metadata?.resourceVersion;
  if (!Array.isArray(list.items) || resourceVersion === undefined)
    throw new KubeError('malformed', `${path} is no list`);
  return { items: list.items.filter(isKubeObject), resourceVersion, continued: list.metadata?.continue };
}
