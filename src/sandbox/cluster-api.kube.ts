import https from 'node:https';
import type { ClusterAccess } from '../drivers/cluster-driver.js';
import { applyManifests } from '../kube/apply.js';
import { kubeconfigText } from '../kube/kubeconfig.js';
import type { ClusterApi } from './cluster-api.js';

const RETRY_MS = 25;
const MAX_BODY = 64 * 1024;

/** A real API server. */
export const kubeApi: ClusterApi = {
  async answers(access, timeoutMs) {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const left = deadline - performance.now();
      if (left <= 0) return false;
      const answer = await get(access, '/readyz', left).catch(() => undefined);
      if (answer?.status === 200) return true;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  },
  async version(access, timeoutMs) {
    try {
      const { body } = await get(access, '/version', timeoutMs);
      const { gitVersion } = JSON.parse(body) as { gitVersion?: unknown };
      return typeof gitVersion === 'string' ? gitVersion.slice(0, 64) : undefined;
    } catch {
      return undefined;
    }
  },
  apply: (access, manifests, o) => applyManifests(access, manifests, o),
  kubeconfig: (access, name) => kubeconfigText(access, { name }),
};

function get(
  access: ClusterAccess,
  path: string,
  timeoutMs: number,
): Promise<{ status: number; body: string }> {
  const { ca, cert, key } = access;
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
    const request = https.get(
      new URL(path, access.server),
      { ca, cert, key, signal, agent: false },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          body += text;
          if (body.length > MAX_BODY) request.destroy(new Error('the answer is too large'));
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
        response.on('error', reject);
      },
    );
    request.on('error', reject);
  });
}
