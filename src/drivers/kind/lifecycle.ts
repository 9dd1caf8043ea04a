import type { ClusterFound, ClusterNetwork } from '../cluster-driver.js';
import { DriverError } from '../driver-error.js';
import { withKube } from './access.js';
import { buildCluster } from './build.js';
import { Creations } from './creations.js';
import type { Engine } from './engine.js';
import { makeFolder, mountAudit, removeFiles } from './files.js';
import type { ClusterLayout } from './layout.js';
import { readMarker, writeMarker } from './marker.js';
import { bridgeName, clusterName, type ClusterName } from './names.js';
import type { ClusterNetworks } from './network.js';
import { awaitReady } from './ready.js';
import type { ClusterSurvey } from './survey.js';
import { until } from './until.js';

/** Of the fence, what a cluster's network needs. */
export interface BridgeFence {
  addBridge(o: { bridge: string; sandbox: string }): Promise<void>;
  removeBridge(bridge: string): Promise<void>;
}

export interface LifecycleOptions {
  engine: Engine;
  layout: ClusterLayout;
  networks: ClusterNetworks;
  survey: ClusterSurvey;
  fence: BridgeFence;
  path: string;
  /** Creations at once. */
  atOnce: number;
}

/** kind takes 20 s on two free cores. */
const CREATE_MS = 180_000;

/** Makes, repairs and removes clusters, each method the same when done twice. */
export class ClusterLifecycle {
  private readonly creations: Creations;
  /** Removals in flight by name: a second caller waits for the first. */
  private readonly removing = new Map<string, Promise<void>>();

  constructor(private readonly o: LifecycleOptions) {
    this.creations = new Creations(o.atOnce);
  }

  /** The fence stands before there is anything to fence in. */
  async network(cluster: ClusterName, signal: AbortSignal): Promise<ClusterNetwork> {
    await makeFolder(this.o.layout.files(clusterName(cluster.id, cluster.attempt)));
    await this.o.fence.addBridge({ bridge: bridgeName(cluster), sandbox: cluster.id });
    return this.o.networks.ensure(cluster, signal);
  }

  create(cluster: ClusterName, o: { nodes: number; image: string; signal: AbortSignal }): Promise<void> {
    const { engine, layout, survey, path } = this.o;
    const name = clusterName(cluster.id, cluster.attempt);
    const files = layout.files(name);
    return this.creations.run({ name, signal: o.signal, budgetMs: CREATE_MS }, async (signal) => {
      if (await this.isWhole(name, signal)) return;
      await this.removeNodes(name, signal);
      await removeFiles(files);
      await buildCluster({ engine, survey, files, name, path, nodes: o.nodes, image: o.image, signal });
    });
  }

  async ready(cluster: ClusterName, signal: AbortSignal): Promise<void> {
    const name = clusterName(cluster.id, cluster.attempt);
    const files = this.o.layout.files(name);
    const marker = readMarker(files);
    if (!marker) throw new DriverError('not_found', `${name} is not whole`);
    await withKube({ files, address: marker.address }, (kube, learner) =>
      awaitReady({ nodes: marker.nodes, kube, learner, signal }),
    );
  }

  async setPaused(cluster: ClusterName, paused: boolean, signal: AbortSignal): Promise<void> {
    const name = clusterName(cluster.id, cluster.attempt);
    const nodes = await this.o.survey.nodesOf(name, signal);
    if (nodes.length === 0) throw new DriverError('not_found', `${name} has no nodes`);
    for (const node of nodes) await this.o.engine.setPaused(node.id, paused, signal);
  }

  /** Starts the nodes that the machine's or the engine's restart stopped, once; resolves when the cluster is ready. */
  async repair(cluster: ClusterName, signal: AbortSignal): Promise<void> {
    const name = clusterName(cluster.id, cluster.attempt);
    const files = this.o.layout.files(name);
    const marker = readMarker(files);
    const nodes = await this.o.survey.nodesOf(name, signal);
    if (!marker || nodes.length < marker.nodes) {
      throw new DriverError('not_found', `${name} has ${nodes.length} of its nodes: it cannot be repaired`);
    }
    await this.o.fence.addBridge({ bridge: bridgeName(cluster), sandbox: cluster.id });
    // A node that runs already has whatever was mounted when it started.
    if (nodes.every(({ status }) => status !== 'running' && status !== 'paused')) await mountAudit(files);
    for (const node of nodes) {
      if (node.status === 'paused') await this.o.engine.setPaused(node.id, false, signal);
      else if (node.status !== 'running') await this.o.engine.start(node.id, signal);
    }
    const address = await until({ what: `address of ${name}`, everyMs: 100, signal }, async () => {
      const [control] = await this.o.survey.nodesOf(name, signal);
      return control?.address || undefined;
    });
    await writeMarker(files, { ...marker, address });
    await this.ready(cluster, signal);
  }

  async remove(cluster: ClusterName, signal?: AbortSignal): Promise<void> {
    const name = clusterName(cluster.id, cluster.attempt);
    let running = this.removing.get(name);
    if (!running) {
      running = this.removeWhole(cluster, name, signal).finally(() => this.removing.delete(name));
      this.removing.set(name, running);
    }
    await running;
  }

  /** Every attempt of a sandbox, also one that is being made at this moment. */
  async removeAll(id: string, signal?: AbortSignal): Promise<void> {
    clusterName(id, 0);
    const found: ClusterFound[] = await this.o.survey.all({ id, ...(signal ? { signal } : {}) });
    for (const { attempt } of found) await this.remove({ id, attempt }, signal);
  }

  /** The folder goes last: while it is there, `list` shows the cluster. */
  private async removeWhole(cluster: ClusterName, name: string, signal?: AbortSignal): Promise<void> {
    const cancelled = await this.creations.cancel(name);
    await this.removeNodes(name, signal);
    await this.o.networks.remove(cluster, signal);
    // The engine goes on with a node that it was asked for, also when nobody waits for its answer any more.
    if (cancelled) await this.removeNodes(name, signal);
    await this.o.fence.removeBridge(bridgeName(cluster));
    await removeFiles(this.o.layout.files(name));
  }

  /** Until none is left. */
  private async removeNodes(name: string, signal?: AbortSignal): Promise<void> {
    for (;;) {
      const nodes = await this.o.survey.nodesOf(name, signal);
      if (nodes.length === 0) return;
      await Promise.all(nodes.map((node) => this.o.engine.removeContainer(node.id, signal)));
    }
  }

  private async isWhole(name: string, signal: AbortSignal): Promise<boolean> {
    const marker = readMarker(this.o.layout.files(name));
    const nodes = await this.o.survey.nodesOf(name, signal);
    return (
      marker !== undefined && nodes.length === marker.nodes && nodes.every((n) => n.status === 'running')
    );
  }
}
