import type { ClusterSession } from '../cluster/cluster-session.js';
import { podsOf, type PodPlace } from '../cluster/pods-of.js';
import { MAX_LOG_BYTES } from '../../kube/client.js';
import { KubeError } from '../../kube/kube-error.js';
import type { Json } from '../json.js';
import { seen, type Observation } from '../observation.js';
import type { KubeLogsParams } from './kube-params.js';

const MAX_PODS = 10;
const MAX_LINE = 2048;

/**
 * The last lines of each pod. `since: start` goes by the time at which the node's runtime took a line, on the machine's
 * own clock, which nothing in a sandbox can set; what the line itself says of time is only text. Of a container that
 * was restarted, the instance before counts too.
 */
export async function kubeLogs(
  session: ClusterSession,
  params: KubeLogsParams,
  notBefore?: Date,
): Promise<Observation> {
  const pods = podsOf(session.objects, params).slice(0, MAX_PODS);
  if (params.pod !== undefined && pods.length === 0) return seen(null);
  const start = params.since === 'start' ? session.o.startedAt : undefined;
  const since = start && notBefore && start > notBefore ? start : (notBefore ?? start);
  return seen(await Promise.all(pods.map((place) => logOf(session, { place, params, since }))));
}

interface LogOptions {
  place: PodPlace;
  params: KubeLogsParams;
  since: Date | undefined;
}

async function logOf(session: ClusterSession, { place, params, since }: LogOptions): Promise<Json> {
  const read = async (previous: boolean): Promise<string> => {
    try {
      const { namespace, pod, container } = place;
      const sinceTime = since && new Date(Math.floor(since.getTime() / 1000) * 1000).toISOString();
      return await session.reader.logs({
        namespace,
        pod,
        container,
        tailLines: params.tail,
        sinceTime,
        previous,
      });
    } catch (error) {
      // A container that has not started yet, or whose last instance is forgotten, has no lines.
      if (error instanceof KubeError && (error.status === 400 || error.status === 404)) return '';
      throw error;
    }
  };
  const earlier = place.restarts > 0 ? await read(true) : '';
  const { lines, truncated } = linesOf(earlier + (await read(false)), { since, tail: params.tail });
  return { pod: place.pod, container: place.container, lines, truncated };
}

/** Lines without their times, those of before the reference left out. */
export function linesOf(
  text: string,
  o: { since: Date | undefined; tail: number },
): { lines: string[]; truncated: boolean } {
  const lines: string[] = [];
  let bytes = 0;
  let truncated = false;
  const all = text.split('\n').filter((line) => line !== '');
  for (const line of all.toReversed()) {
    const space = line.indexOf(' ');
    const time = Date.parse(line.slice(0, space));
    if (Number.isNaN(time)) continue;
    if (o.since && time < o.since.getTime()) continue;
    const content = line.slice(space + 1);
    const shown = content.slice(0, MAX_LINE);
    bytes += shown.length;
    if (lines.length >= o.tail || bytes > MAX_LOG_BYTES) {
      truncated = true;
      break;
    }
    truncated ||= shown.length < content.length;
    lines.unshift(shown);
  }
  return { lines, truncated };
}
