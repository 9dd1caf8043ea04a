import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../src/common/clock.js';
import { silentLogger } from '../../src/common/logger.js';
import type { ClusterAccess, ClusterNode } from '../../src/drivers/cluster-driver.js';
import { certificateIdentity } from '../../src/grading/cluster/certificate-identity.js';
import { ClusterSession, type Identity } from '../../src/grading/cluster/cluster-session.js';
import { kindNodes } from '../../src/grading/kind-nodes.js';
import type { HostProber } from '../../src/grading/probes/host-prober.js';
import { SandboxProber } from '../../src/grading/probes/sandbox-prober.js';
import { accessOfKubeconfig } from '../../src/kube/kubeconfig.js';
import { KubeTransport } from '../../src/kube/transport.js';
import { nodeImage } from '../support/capability.js';
import type { LabHosts } from './grading-lab-host.js';
import { GradingRig, rigLab, type RigLab } from './grading-rig.js';

type NamedObject = { metadata: { name: string } } & Record<string, unknown>;

/** A cluster made by kind's own command line, with the credential that the driver would give to grading. */
export class KindCluster {
  private transport: KubeTransport | undefined;

  private constructor(
    readonly name: string,
    private readonly folder: string,
    readonly nodes: ClusterNode[],
    readonly access: ClusterAccess,
  ) {}

  static async create(): Promise<KindCluster> {
    const name = `kg-${process.pid}`;
    const folder = mkdtempSync(path.join(tmpdir(), 'kg-'));
    const kubeconfig = path.join(folder, 'config');
    execFileSync(
      'kind',
      [
        'create',
        'cluster',
        '--name',
        name,
        '--image',
        nodeImage()!,
        '--kubeconfig',
        kubeconfig,
        '--wait',
        '120s',
      ],
      { stdio: 'ignore' },
    );
    const nodes = await kindNodes(name);
    const admin = execFileSync('docker', ['exec', nodes[0]!.name, 'cat', '/etc/kubernetes/super-admin.conf']);
    const access = accessOfKubeconfig(admin.toString());
    return new KindCluster(name, folder, nodes, { ...access, server: `https://${nodes[0]!.address}:6443` });
  }

  /** The learner's own file. */
  get kubeconfig(): string {
    return path.join(this.folder, 'config');
  }

  /** As the learner would; its standard output. */
  kubectl(...args: string[]): string {
    return this.kubectlWith(undefined, ...args);
  }

  apply(manifest: object): void {
    this.kubectlWith(JSON.stringify(manifest), 'apply', '--server-side', '-f', '-');
  }

  /** One object, with nothing between it and the server. */
  send(collection: string, object: NamedObject): Promise<void> {
    const at = `${collection}/${object.metadata.name}?fieldManager=test&force=true`;
    return this.patch(at, 'application/apply-patch+yaml', object);
  }

  /** Changes what the body says. `at` may end in a subresource such as `/status`. */
  merge(at: string, body: object): Promise<void> {
    return this.patch(at, 'application/merge-patch+json', body);
  }

  /** A ConfigMap of that name in `default`. */
  config(name: string, data: Record<string, string> = {}): Promise<void> {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
    return this.send('/api/v1/namespaces/default/configmaps', object);
  }

  /** On the first node, as root. */
  onNode(...argv: string[]): string {
    return execFileSync('docker', ['exec', this.nodes[0]!.name, ...argv], { encoding: 'utf8' });
  }

  /** kubectl with the credential of the node's own administrator. */
  asNode(...args: string[]): string {
    return this.onNode('kubectl', '--kubeconfig', '/etc/kubernetes/super-admin.conf', ...args);
  }

  docker(...args: string[]): void {
    execFileSync('docker', [...args, this.nodes[0]!.name], { stdio: 'ignore' });
  }

  delete(): void {
    this.transport?.close();
    execFileSync('kind', ['delete', 'cluster', '--name', this.name], { stdio: 'ignore' });
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async patch(at: string, contentType: string, body: object): Promise<void> {
    this.transport ??= new KubeTransport(this.access);
    await this.transport.fetch({
      method: 'PATCH',
      path: at,
      contentType,
      body,
      timeoutMs: 10_000,
      maxBytes: 4e6,
    });
  }

  private kubectlWith(input: string | undefined, ...args: string[]): string {
    return execFileSync('kubectl', ['--kubeconfig', this.kubeconfig, ...args], {
      encoding: 'utf8',
      input,
      maxBuffer: 64e6,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }
}

export interface ClusterRigOptions extends RigLab {
  startedAt?: Date;
  host?: HostProber;
  learner?: Identity;
  /** Other than the cluster's own. */
  access?: ClusterAccess;
}

/** What the suites on one cluster share. */
export interface ClusterContext {
  readonly cluster: KindCluster;
  readonly hosts: LabHosts;
  /** Grading of it from now on, until the end of the test. */
  rig(this: void, o: ClusterRigOptions): ClusterRig;
}

/** Grading of one sandbox on that cluster. */
export class ClusterRig extends GradingRig {
  readonly session: ClusterSession;

  constructor(cluster: KindCluster, o: ClusterRigOptions) {
    const lab = rigLab(o);
    const access = o.access ?? cluster.access;
    const session = new ClusterSession({
      access,
      nodes: cluster.nodes,
      calls: Object.values(lab.calls),
      startedAt: o.startedAt ?? new Date(0),
      learner: () => Promise.resolve(o.learner ?? certificateIdentity(access.cert)),
      clock: systemClock,
      logger: silentLogger,
    });
    const prober = new SandboxProber(o.host);
    prober.setCluster(session);
    super(lab, prober);
    this.session = session;
  }
}
