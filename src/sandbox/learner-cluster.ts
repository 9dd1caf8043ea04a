import type { Clock } from '../common/clock.js';
import { Deadline } from '../common/deadline.js';
import { AppError } from '../common/errors/app-error.js';
import { kernelName } from '../common/ids.js';
import type { Logger } from '../common/logger.js';
import type { ClusterDriver } from '../drivers/cluster-driver.js';
import type { HostDriver } from '../drivers/host-driver.js';
import type { CallOptions } from '../drivers/step.js';
import type { Bus } from '../events/bus.js';
import type { ClusterApi } from './cluster-api.js';
import type { LearnerSteps } from './learner-steps.js';
import type { ClusterControl, ClusterPhase } from './live-sandbox.js';
import { type Entry, toLive } from './living.js';
import type { Recipe } from './recipe.js';
import { runSteps } from './step-runner.js';
import { Faults } from './fault.js';

const ENGINE_MS = 30_000;
const MAKE_MS = 240_000;
const ANSWER_MS = 30_000;

export interface LearnerClusterDeps {
  driver: HostDriver;
  clusters: ClusterDriver;
  api: ClusterApi;
  recipe: Recipe;
  learner: LearnerSteps;
  bus: Bus;
  clock: Clock;
  logger: Logger;
}

/** What the service says while a cluster is made anew. */
const PROGRESS: Record<string, string> = {
  'cluster.network': 'Making its network',
  'cluster.create': 'Creating the node; this takes about 20 seconds',
  'cluster.ready': 'Waiting for the node to be Ready',
};

/** The cluster of one sandbox in the hands of its learner: revealed, paused, taken away, made anew. */
export class LearnerCluster implements ClusterControl {
  private address: string | null = null;
  private version: string | null = null;

  constructor(
    private readonly entry: Entry,
    private readonly d: LearnerClusterDeps,
  ) {}

  status() {
    const phase = this.entry.row.clusterPhase ?? 'running';
    const runs = phase === 'running';
    return { phase, ip: runs ? this.address : null, kubernetesVersion: runs ? this.version : null };
  }

  /** Address and version, for `status`; also after the service was started again. */
  async learn(): Promise<void> {
    const { row } = this.entry;
    const access = await this.d.clusters.access(
      kernelName(row.id),
      row.attempt,
      'grader',
      this.call(ENGINE_MS),
    );
    this.address = new URL(access.server).hostname;
    this.version = (await this.d.api.version(access, 2000)) ?? this.version;
  }

  async start(progress: (text: string) => void): Promise<{ kubeconfig: string }> {
    const { entry } = this;
    const { phase } = this.status();
    if (phase === 'deleted') await this.makeAnew(progress);
    if (phase === 'stopped') {
      progress('Resuming the cluster');
      await entry.exclusive(() => this.setPaused(false));
    }
    if (phase === 'making')
      throw new AppError('conflict', 'The cluster is being made. Try again in a moment.');
    progress('Waiting for the API server');
    await this.untilItAnswers();
    const kubeconfig = await this.d.learner.kubeconfig(entry, this.call(ENGINE_MS));
    await this.enter('running');
    await this.learn();
    return { kubeconfig };
  }

  async stop(): Promise<void> {
    if (this.status().phase !== 'running') return;
    await this.enter('stopped');
    await this.entry.exclusive(() => this.setPaused(true));
  }

  async delete(): Promise<void> {
    if (this.status().phase === 'deleted') return;
    await this.enter('deleted');
    await this.entry.exclusive(async () => {
      await this.d.clusters.destroy(kernelName(this.entry.row.id), this.call(MAKE_MS));
      this.entry.made.paused = false;
    });
  }

  private async makeAnew(progress: (text: string) => void): Promise<void> {
    const { entry, d } = this;
    await this.enter('making');
    try {
      await entry.exclusive(async () => {
        const call = this.call(MAKE_MS);
        const steps = d.recipe.cluster(entry.row).map((step) => ({
          ...step,
          run: (c: Parameters<typeof step.run>[0]) => {
            const text = PROGRESS[step.name];
            if (text !== undefined) progress(text);
            return step.run(c);
          },
        }));
        const id = kernelName(entry.row.id);
        const { attempt } = entry.row;
        const options = { id, attempt, steps, signal: call.signal, clock: d.clock, logger: d.logger };
        const quiet = { faults: new Faults(undefined), note: () => undefined, onSlow: () => undefined };
        const result = await runSteps({ ...options, ...quiet });
        if (!result.ok) throw result.error;
        const { bridge, hostCidr } = result.facts;
        await d.driver.link(id, attempt, { bridge: String(bridge), hostCidr: String(hostCidr) }, call);
        entry.made.setUp = false;
        await d.learner.apply(entry, call);
      });
    } catch (error) {
      await this.enter('deleted');
      throw error;
    }
  }

  private async setPaused(paused: boolean): Promise<void> {
    const { row, made } = this.entry;
    await this.d.clusters.setPaused(kernelName(row.id), row.attempt, paused, this.call(ENGINE_MS));
    made.paused = paused;
  }

  private async untilItAnswers(): Promise<void> {
    const { row } = this.entry;
    const call = this.call(ANSWER_MS);
    const access = await this.d.clusters.access(kernelName(row.id), row.attempt, 'grader', call);
    if (await this.d.api.answers(access, ANSWER_MS)) return;
    throw new AppError(
      'provider_unavailable',
      'The API server does not answer. minikube delete, then minikube start, gives a fresh cluster.',
    );
  }

  private async enter(phase: ClusterPhase): Promise<void> {
    const { entry } = this;
    if (entry.row.clusterPhase === phase) return;
    await entry.change((row) => {
      if (row.intent !== 'run') throw new AppError('sandbox_expired', 'The sandbox is ending.');
      row.clusterPhase = phase;
      return [{ type: 'sandbox.cluster', payload: { phase } }];
    });
    const live = toLive(entry);
    if (live) this.d.bus.emit('sandbox.cluster', live);
  }

  private call(ms: number): CallOptions {
    const { signal } = new Deadline(ms, [this.entry.cancel.signal]);
    return { signal, deadline: this.d.clock.now() + ms };
  }
}
