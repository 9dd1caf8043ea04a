import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Deadline } from '../../common/deadline.js';
import type { Logger } from '../../common/logger.js';
import { CHILD_PATH } from '../../linux/exec/command-defaults.js';
import { readMachine } from '../../linux/machine.js';
import type {
  ClusterAccess,
  ClusterDriver,
  ClusterFound,
  ClusterIdentity,
  ClusterSeen,
  ClusterSpec,
} from '../cluster-driver.js';
import { DriverError } from '../driver-error.js';
import type { Finding } from '../host-driver.js';
import type { CallOptions, Plan } from '../step.js';
import { makeAccess } from './access.js';
import { admissionConfig, auditPolicy, kindConfig } from './cluster-config.js';
import { Engine } from './engine.js';
import { asClusterDriver } from './errors.js';
import { policyObjects } from './fence-policy.js';
import { NodeImage } from './image.js';
import { kubectlOf } from './kubectl.js';
import { ClusterLayout } from './layout.js';
import { roleObjects } from './learner-role.js';
import { ClusterLifecycle, type BridgeFence } from './lifecycle.js';
import { clusterCost } from './limits.js';
import { clusterName } from './names.js';
import { ClusterNetworks } from './network.js';
import { checkClusters } from './preflight.js';
import { findProgram } from './programs.js';
import { socketOf } from './socket.js';
import { clusterSteps } from './steps.js';
import { ClusterSurvey } from './survey.js';

export interface KindOptions {
  stateDir: string;
  installId: string;
  /** undefined = the one that kind itself would take. */
  image: string | undefined;
  /** Networks of clusters come out of it, such as `10.253.0.0/16`. */
  networkPool: string;
  /** `unix://` and a path; undefined = the engine's own default. */
  dockerHost?: string | undefined;
  /** Where `kind` and `docker` are found. */
  path?: string;
  logger: Logger;
  /** Open already. */
  fence: BridgeFence;
}

/** Longer than a node takes to come back after a restart of the machine. */
const REPAIR_MS = 90_000;

/** Clusters of kind: each node a privileged container, each cluster in a Docker network of its own. */
export class KindDriver implements ClusterDriver {
  readonly name = 'kind';
  readonly fidelity = 'real';
  private readonly layout: ClusterLayout;
  private readonly survey: ClusterSurvey;
  private readonly lifecycle: ClusterLifecycle;
  private readonly engine: Engine;
  private readonly image: NodeImage;
  private readonly path: string;
  private readonly machine = readMachine();

  constructor(private readonly options: KindOptions) {
    const { stateDir, installId, networkPool, fence, logger } = options;
    this.path = options.path ?? CHILD_PATH;
    this.layout = new ClusterLayout(stateDir);
    this.engine = new Engine(socketOf(options.dockerHost));
    const { engine, layout, path } = this;
    const networks = new ClusterNetworks({ engine, installId, pool: networkPool });
    this.survey = new ClusterSurvey({ engine, layout, networks });
    const atOnce = Math.max(1, Math.floor(this.machine.cores / 2));
    this.lifecycle = new ClusterLifecycle({
      engine,
      layout,
      networks,
      survey: this.survey,
      fence,
      path,
      atOnce,
    });
    this.image = new NodeImage({ engine, path, wanted: options.image, logger });
  }

  get base(): string {
    const config = kindConfig({ files: this.layout.files('base'), nodes: 1, machine: this.machine });
    const parts = [
      this.image.identity,
      config,
      auditPolicy(),
      admissionConfig(),
      roleObjects(),
      policyObjects(),
    ];
    return `kind-${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12)}`;
  }

  preflight(): Promise<Finding[]> {
    const { stateDir, networkPool, dockerHost } = this.options;
    const { engine, image, layout, path } = this;
    return checkClusters({ stateDir, networkPool, dockerHost, engine, image, layout, path });
  }

  /** Fetches the node image in the background where it is missing; until it is there `plan` refuses. */
  prepare(signal: AbortSignal): Promise<void> {
    return this.image.fetch(signal);
  }

  /** undefined while there is no node image to take it from, and where it cannot be had. */
  async kubectl(): Promise<string | undefined> {
    const docker = findProgram('docker', this.path);
    if (docker === undefined || !(await this.image.isPresent())) return undefined;
    try {
      return await kubectlOf({
        folder: join(this.layout.root, '.tools'),
        installId: this.options.installId,
        image: await this.image.reference(),
        identity: this.image.identity,
        docker,
        env: { DOCKER_HOST: `unix://${this.engine.socket}` },
      });
    } catch (error) {
      this.options.logger.warn({ err: error }, "lab hosts get Debian's kubectl, not that of their cluster");
      return undefined;
    }
  }

  plan(id: string, attempt: number, spec: ClusterSpec): Plan {
    clusterName(id, attempt);
    if (!Number.isInteger(spec.nodes) || spec.nodes < 1 || spec.nodes > 3) {
      throw new DriverError('invalid_spec', `${spec.nodes} nodes: expected 1 to 3`);
    }
    if (this.image.missing !== undefined) throw new DriverError('unavailable', this.image.missing);
    const { lifecycle, image } = this;
    const steps = clusterSteps(spec.nodes, {
      network: (cluster, signal) => asClusterDriver(() => lifecycle.network(cluster, signal)),
      create: (cluster, o) =>
        asClusterDriver(async () => lifecycle.create(cluster, { ...o, image: await image.reference() })),
      ready: (cluster, signal) => asClusterDriver(() => lifecycle.ready(cluster, signal)),
      remove: (cluster, signal) => asClusterDriver(() => lifecycle.remove(cluster, signal)),
    });
    return { steps, cost: clusterCost(spec.nodes) };
  }

  async inspect(id: string, o: CallOptions): Promise<ClusterSeen | undefined> {
    const [newest] = await asClusterDriver(() => this.survey.all({ id, signal: o.signal }));
    return newest;
  }

  setPaused(id: string, attempt: number, paused: boolean, o: CallOptions): Promise<void> {
    return asClusterDriver(() => this.lifecycle.setPaused({ id, attempt }, paused, o.signal));
  }

  destroy(id: string, o: CallOptions): Promise<void> {
    return asClusterDriver(() => this.lifecycle.removeAll(id, o.signal));
  }

  list(o: CallOptions): Promise<ClusterFound[]> {
    return asClusterDriver(() => this.survey.all({ signal: o.signal }));
  }

  access(id: string, attempt: number, who: ClusterIdentity, _o: CallOptions): Promise<ClusterAccess> {
    const files = this.layout.files(clusterName(id, attempt));
    return asClusterDriver(() => makeAccess(files, { id, who }));
  }

  activityAt(id: string, attempt: number): number | undefined {
    const { auditLog } = this.layout.files(clusterName(id, attempt));
    const log = statSync(auditLog, { throwIfNoEntry: false });
    // The API server opens it at its start, long before anybody asks.
    return log && log.size > 0 ? log.mtimeMs : undefined;
  }

  /** Starts a stopped cluster once, as after a restart of the machine; rejects when it cannot be had back. */
  repair(id: string, attempt: number, o: CallOptions): Promise<void> {
    const deadline = new Deadline(REPAIR_MS, [o.signal]);
    const repair = asClusterDriver(() => this.lifecycle.repair({ id, attempt }, deadline.signal));
    return repair.finally(() => deadline.release());
  }
}
