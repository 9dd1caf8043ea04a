import type { ClusterSession } from '../cluster/cluster-session.js';
import { podsOf } from '../cluster/pods-of.js';
import { KubeError } from '../../kube/kube-error.js';
import type { Json } from '../json.js';
import { faulted, seen, type Observation } from '../observation.js';
import type { KubeExecParams } from './kube-params.js';

const MAX_PODS = 5;
const DEADLINE_MS = 4000;
/** Shown of each stream. */
const MAX_SHOWN = 16 * 1024;

/**
 * Runs a command in a container of the learner's: the last resort, as they control what it says. For one pod by name
 * `{pod, container, exit, stdout, stderr}` or null; for an owner a list of these.
 */
export async function kubeExec(session: ClusterSession, params: KubeExecParams): Promise<Observation> {
  const places = podsOf(session.objects, params).filter((place) => place.running);
  try {
    const results = await Promise.all(
      places.slice(0, MAX_PODS).map(async (place): Promise<Json> => {
        const { namespace, pod, container } = place;
        const run = { namespace, pod, container, argv: params.argv, timeoutMs: DEADLINE_MS };
        const { exit, stdout, stderr } = await session.reader.exec(run);
        return {
          pod,
          container,
          exit,
          stdout: stdout.slice(0, MAX_SHOWN),
          stderr: stderr.slice(0, MAX_SHOWN),
        };
      }),
    );
    return seen(params.pod === undefined ? results : (results[0] ?? null));
  } catch (error) {
    // The server answers; it is the learner's container that does not come to an end.
    if (
      error instanceof KubeError &&
      error.code === 'timeout' &&
      session.fault === null &&
      (await answers(session))
    )
      return faulted('tenant', 'timeout', 'the command did not end in time');
    throw error;
  }
}

async function answers(session: ClusterSession): Promise<boolean> {
  return session.reader.raw('/version').then(
    ({ status }) => status === 200,
    () => false,
  );
}
