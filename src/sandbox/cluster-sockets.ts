import type { Duplex } from 'node:stream';
import { kernelName } from '../common/ids.js';
import { LearnerCluster, type LearnerClusterDeps } from './learner-cluster.js';
import type { ClusterControl, LiveSandbox } from './live-sandbox.js';
import type { Living } from './living.js';

/** Inside the lab host: /run/wheelhouse/minikube.sock. */
const SOCKET = 'minikube.sock';
const LISTEN_MS = 5000;

export interface ClusterSocketsDeps extends LearnerClusterDeps {
  living: Living;
  serve(socket: Duplex, control: ClusterControl): void;
}

/** One socket in each lab host that has a cluster, for its `minikube` command, as long as the sandbox lives. */
export class ClusterSockets {
  private readonly open = new Map<string, Promise<{ close(): Promise<void> } | undefined>>();

  constructor(private readonly d: ClusterSocketsDeps) {
    d.bus.on('sandbox.ready', (live) => this.begin(live));
    d.bus.on('sandbox.ending', ({ sandboxId }) => this.end(sandboxId));
  }

  private begin(live: LiveSandbox): void {
    const entry = this.d.living.entries.get(live.id);
    if (!live.cluster || !entry || this.open.has(live.id)) return;
    const control = new LearnerCluster(entry, this.d);
    const call = { signal: AbortSignal.timeout(LISTEN_MS), deadline: this.d.clock.now() + LISTEN_MS };
    const id = kernelName(live.id);
    const listening = this.d.driver
      .listen(id, live.attempt, SOCKET, (socket) => this.d.serve(socket, control), call)
      .catch((error: unknown) => {
        this.d.logger.error({ err: error, sandbox: live.id }, 'the minikube command will not work');
        return undefined;
      });
    this.open.set(live.id, listening);
    if (live.cluster.phase === 'deleted' || live.cluster.phase === 'making') return;
    control.learn().catch((error: unknown) => {
      this.d.logger.warn({ err: error, sandbox: live.id }, 'the address of the cluster is not known yet');
    });
  }

  private end(sandboxId: string): void {
    const listening = this.open.get(sandboxId);
    this.open.delete(sandboxId);
    void listening?.then((server) => server?.close()).catch(() => undefined);
  }
}
