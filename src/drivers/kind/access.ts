import { randomBytes } from 'node:crypto';
import type { ClusterAccess, ClusterIdentity } from '../cluster-driver.js';
import { DriverError } from '../driver-error.js';
import { issueClient } from './authority.js';
import { readAuthority } from './files.js';
import { GROUPS, LEARNERS, PROBE_USER } from './identities.js';
import { KubeCall } from './kube-call.js';
import type { ClusterFiles } from './layout.js';
import { readMarker } from './marker.js';

/** Longer than any sandbox lives; a certificate cannot be taken back, but it ends with its cluster. */
const LIFETIME_MS = 24 * 3_600_000;
const PORT = 6443;

const serverOf = (address: string): string => `https://${address}:${PORT}`;

/** A new identity for a cluster that is whole; from files alone, so that a paused one or a lost engine does not matter. */
export async function makeAccess(
  files: ClusterFiles,
  o: { id: string; who: ClusterIdentity },
): Promise<ClusterAccess> {
  const marker = readMarker(files);
  if (!marker) throw new DriverError('not_found', `there is no whole cluster at ${files.dir}`);
  const authority = await readAuthority(files);
  const user = `wheelhouse:${o.id}:${o.who}:${randomBytes(6).toString('hex')}`;
  const client = await issueClient({ authority, user, group: GROUPS[o.who], lifetimeMs: LIFETIME_MS });
  return { server: serverOf(marker.address), ca: authority.cert, user, ...client };
}

/** Connections for making a cluster and looking whether it is ready; closed when `work` is done. */
export async function withKube<T>(
  o: { files: ClusterFiles; address: string },
  work: (kube: KubeCall, learner: KubeCall) => Promise<T>,
): Promise<T> {
  const authority = await readAuthority(o.files);
  const connect = async (user: string, group: string): Promise<KubeCall> => {
    const client = await issueClient({ authority, user, group, lifetimeMs: LIFETIME_MS });
    return new KubeCall(serverOf(o.address), { ...client, ca: authority.cert });
  };
  const kube = await connect('wheelhouse:service', GROUPS.grader);
  const learner = await connect(PROBE_USER, LEARNERS);
  try {
    return await work(kube, learner);
  } finally {
    kube.close();
    learner.close();
  }
}
