import { parseJson } from './json-text.js';
import { groupPath, type Resource } from './kinds.js';
import type { KubeTransport } from './transport.js';

interface ResourceList {
  resources?: { name: string; kind: string; namespaced: boolean }[];
}

/** Where a kind lives that is not built in, such as one of a definition; undefined when the server has no such kind. */
export async function discoverResource(
  transport: KubeTransport,
  { apiVersion, kind }: { apiVersion: string; kind: string },
  signal?: AbortSignal,
): Promise<Resource | undefined> {
  const request = { path: groupPath(apiVersion), timeoutMs: 2000, maxBytes: 1024 * 1024, signal };
  const { status, text } = await transport.fetchAny(request);
  if (status !== 200) return undefined;
  const { resources } = parseJson(text) as ResourceList;
  const found = resources?.find((r) => r.kind === kind && !r.name.includes('/'));
  return found && { apiVersion, kind, plural: found.name, namespaced: found.namespaced };
}
