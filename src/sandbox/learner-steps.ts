import { kernelName } from '../common/ids.js';
import type { ClusterAccess, ClusterDriver } from '../drivers/cluster-driver.js';
import type { HostDriver } from '../drivers/host-driver.js';
import type { CallOptions, Step } from '../drivers/step.js';
import type { ClusterApi } from './cluster-api.js';
import type { LabCatalogue } from './lab-catalogue.js';
import type { Entry } from './living.js';

const SETUP_MS = 120_000;
const ACCESS_MS = 5000;
/** Gone with the cluster and the lab host. */
const goesAlong = () => Promise.resolve();

export interface LearnerStepsDeps {
  driver: HostDriver;
  clusters: ClusterDriver;
  api: ClusterApi;
  labs: LabCatalogue;
}

/** What is left to do once a sandbox knows its lab and its learner. Nothing without a cluster. */
export class LearnerSteps {
  constructor(private readonly d: LearnerStepsDeps) {}

  /** Needs the lab, not the learner: a warm unit of one lab has it done. */
  setUp(entry: Entry): Step[] {
    if (!entry.row.cluster || entry.row.labVersionId === null || entry.made.setUp) return [];
    return [{ name: 'lab.setup', timeoutMs: SETUP_MS, run: (c) => this.apply(entry, c), undo: goesAlong }];
  }

  access(entry: Entry): Step[] {
    if (entry.row.cluster?.start !== 'platform') return [];
    return [
      { name: 'learner.access', timeoutMs: ACCESS_MS, run: (c) => this.publish(entry, c), undo: goesAlong },
    ];
  }

  /** A fresh credential of the learner, also shown in the lab host. */
  async publish(entry: Entry, c: CallOptions): Promise<void> {
    const kubeconfig = await this.kubeconfig(entry, c);
    await this.d.driver.publish(kernelName(entry.row.id), entry.row.attempt, { kubeconfig }, c);
  }

  async kubeconfig(entry: Entry, c: CallOptions): Promise<string> {
    // Whoever typed `minikube start` looks for its context.
    const name = entry.row.cluster?.start === 'learner' ? 'minikube' : 'wheelhouse';
    return this.d.api.kubeconfig(await this.credential(entry, c), name);
  }

  /** Each is handed out once. */
  private credential(entry: Entry, c: CallOptions): Promise<ClusterAccess> {
    const { row, made } = entry;
    const { spare } = made;
    made.spare = undefined;
    if (spare && !row.cluster?.admin) return Promise.resolve(spare);
    const who = row.cluster?.admin ? 'admin' : 'learner';
    return this.d.clusters.access(kernelName(row.id), row.attempt, who, c);
  }

  async apply(entry: Entry, c: CallOptions): Promise<void> {
    const { row } = entry;
    const lab = await this.d.labs.byVersion(row.tenantId, row.labVersionId!);
    const manifests = lab.setup(row.draw);
    if (manifests.length > 0) {
      const access = await this.d.clusters.access(kernelName(row.id), row.attempt, 'grader', c);
      await this.d.api.apply(access, manifests, c);
      const nodes = (await this.d.clusters.inspect(kernelName(row.id), c))?.nodes ?? [];
      await lab.settled?.({ access, nodes, draw: row.draw }, c);
    }
    entry.made.setUp = true;
  }
}
