import { systemClock } from '../common/clock.js';
import { silentLogger } from '../common/logger.js';
import type { ClusterAccess, ClusterNode } from '../drivers/cluster-driver.js';
import type { PreparedLab } from '../labs/prepared-lab.js';
import { certificateIdentity } from './cluster/certificate-identity.js';
import { ClusterSession } from './cluster/cluster-session.js';
import type { SandboxFacts } from './facts.js';
import type { Json } from './json.js';
import type { ProbeFault } from './observation.js';
import type { HostProber } from './probes/host-prober.js';
import { openHostProber } from './probes/open-host-prober.js';
import { SandboxProber } from './probes/sandbox-prober.js';
import { traitsOf } from './probes/traits.js';

export interface Recording {
  observations: Record<string, Json>;
  sandbox: SandboxFacts;
  /** Observations that could not be made, and why. */
  faults: Record<string, ProbeFault>;
}

/** Everything that a lab observes, once: what a fixture is made of. */
export async function recordObservations(o: {
  lab: PreparedLab;
  cluster?: { access: ClusterAccess; nodes: ClusterNode[] };
  /** Process 1 of a lab host on this machine. */
  initPid?: number;
  startedAt: Date;
}): Promise<Recording> {
  const prober = new SandboxProber(o.initPid === undefined ? undefined : hostProber(o.initPid, o.lab));
  const calls = o.lab.calls;
  if (o.cluster) {
    const { access, nodes } = o.cluster;
    prober.setCluster(
      new ClusterSession({
        access,
        nodes,
        calls: Object.values(calls),
        startedAt: o.startedAt,
        learner: () => Promise.resolve(certificateIdentity(access.cert)),
        clock: systemClock,
        logger: silentLogger,
      }),
    );
  }
  try {
    const entries = Object.entries(calls);
    const passive = entries.filter(([, call]) => traitsOf(call).active === null);
    // The first look begins the reading; by the second all is known.
    await prober.look(Object.fromEntries(passive));
    const seenNow = await prober.look(Object.fromEntries(passive));
    for (const [name, call] of entries)
      if (traitsOf(call).active !== null) seenNow[name] = await prober.act(call);
    const recorded = Object.entries(seenNow);
    return {
      observations: Object.fromEntries(recorded.map(([name, { value }]) => [name, value])),
      sandbox: prober.facts(),
      faults: Object.fromEntries(recorded.flatMap(([name, { fault }]) => (fault ? [[name, fault]] : []))),
    };
  } finally {
    prober.close();
  }
}

function hostProber(initPid: number, lab: PreparedLab): HostProber {
  const uplink = lab.spec.sandbox.requires.includes('uplink');
  return openHostProber(initPid, { uplink, now: () => systemClock.monotonic() });
}
