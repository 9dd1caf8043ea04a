import { KubeError } from './kube-error.js';

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new KubeError('malformed', `no JSON: ${text.slice(0, 80)}`);
  }
}
