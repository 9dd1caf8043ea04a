import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../src/common/clock.js';
import { silentLogger } from '../../src/common/logger.js';
import { Semaphore } from '../../src/common/semaphore.js';
import type { ClusterAccess, ClusterNode } from '../../src/drivers/cluster-driver.js';
import { certificateIdentity } from '../../src/grading/cluster/certificate-identity.js';
import { ClusterSession, type Identity } from '../../src/grading/cluster/cluster-session.js';
import { kindNodes } from '../../src/grading/kind-nodes.js';
import type { Observation } from '../../src/grading/observation.js';
import { HostProber } from '../../src/grading/probes/host-prober.js';
import { SandboxProber } from '../../src/grading/probes/sandbox-prober.js';
import { traitsOf } from '../../src/grading/probes/traits.js';
import { RunActor } from '../../src/grading/run-actor.js';
import { Run } from '../../src/grading/run.js';
import { accessOfKubeconfig } from '../../src/kube/kubeconfig.js';
import { KubeTransport } from '../../src/kube/transport.js';
import { labSpecSchema } from '../../src/labs/lab-spec.js';
import { prepareLab } from '../../src/labs/prepared-lab.js';

const IMAGE = process.env['WHEELHOUSE_KIND_IMAGE'] ?? 'wheelhouse/node:v1.34.4';

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
      ['create', 'cluster', '--name', name, '--image', IMAGE, '--kubeconfig', kubeconfig, '--wait', '120s'],
      { stdio: 'ignore' },
    );
    const nodes = await kindNodes(name);
    const admin = execFileSync('docker', ['exec', nodes[0]!.name, 'cat', '/etc/kubernetes/super-admin.conf']);
    const access = accessOfKubeconfig(admin.toString());
    return new KindCluster(name, folder, nodes, { ...access, server: `https://${nodes[0]!.address}:6443` });
  }

  /** As the learner would; its standard output. */
  kubectl(...args: string[]): string {
    return this.kubectlWith(undefined, ...args);
  }

  apply(manifest: object): void {
    this.kubectlWith(JSON.stringify(manifest), 'apply', '--server-side', '-f', '-');
  }

  /** One object, with nothing between it and the server. */
  async send(
    collection: string,
    object: { metadata: { name: string } } & Record<string, unknown>,
  ): Promise<void> {
    this.transport ??= new KubeTransport(this.access);
    await this.transport.fetch({
      method: 'PATCH',
      path: `${collection}/${object.metadata.name}?fieldManager=test&force=true`,
      contentType: 'application/apply-patch+yaml',
      body: object,
      timeoutMs: 10_000,
      maxBytes: 4e6,
    });
  }

  /** On the first node, as root. */
  onNode(...argv: string[]): string {
    return execFileSync('docker', ['exec', this.nodes[0]!.name, ...argv], { encoding: 'utf8' });
  }

  docker(...args: string[]): void {
    execFileSync('docker', [...args, this.nodes[0]!.name], { stdio: 'ignore' });
  }

  delete(): void {
    this.transport?.close();
    execFileSync('kind', ['delete', 'cluster', '--name', this.name], { stdio: 'ignore' });
    rmSync(this.folder, { recursive: true, force: true });
  }

  private kubectlWith(input: string | undefined, ...args: string[]): string {
    const config = ['--kubeconfig', path.join(this.folder, 'config')];
    return execFileSync('kubectl', [...config, ...args], {
      encoding: 'utf8',
      input,
      maxBuffer: 64e6,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }
}

const text = { fr: 'x', en: 'x' };

/** What grading does with one sandbox on that cluster, without service and database. */
export class ClusterRig {
  readonly prober: SandboxProber;
  readonly session: ClusterSession;
  readonly run: Run;
  readonly actor: RunActor;
  private wake: () => void = () => undefined;

  constructor(
    cluster: KindCluster,
    o: {
      observe: Record<string, unknown>;
      objectives: object[];
      tripwires?: object[];
      startedAt?: Date;
      host?: HostProber;
      learner?: Identity;
    },
  ) {
    const lab = prepareLab(
      labSpecSchema.parse({
        apiVersion: 'wheelhouse/v1',
        kind: 'Lab',
        id: 'lab',
        version: '1.0.0',
        title: text,
        locales: ['fr', 'en'],
        duration: '60m',
        sandbox: { cluster: {} },
        observe: o.observe,
        tripwires: (o.tripwires ?? []).map((t) => ({ text, ...t })),
        objectives: o.objectives.map((objective) => ({ title: text, weight: 1, ...objective })),
      }),
    );
    this.session = new ClusterSession({
      access: cluster.access,
      nodes: cluster.nodes,
      calls: Object.values(lab.calls),
      startedAt: o.startedAt ?? new Date(0),
      learner: () => Promise.resolve(o.learner ?? certificateIdentity(cluster.access.cert)),
      clock: systemClock,
      logger: silentLogger,
    });
    this.prober = new SandboxProber(o.host);
    this.prober.setCluster(this.session);
    this.run = new Run(lab, systemClock.monotonic());
    let ids = 0;
    this.actor = new RunActor(this.run, { tenantId: 't', sandboxId: 's', userId: 'u' }, {}, null, {
      clock: systemClock,
      logger: silentLogger,
      prober: this.prober,
      helpers: new Semaphore(4),
      save: () => Promise.resolve(),
      newEvidenceId: () => `evd_${ids++}`,
      onChange: () => this.wake(),
    });
    this.actor.attached(1);
    this.actor.start();
  }

  state(id: string): string {
    return this.run.of(id).memory.state;
  }

  /** One observation of now. */
  async observe(name: string): Promise<Observation> {
    const probe = this.run.lab.calls[name]!;
    if (traitsOf(probe).active !== null) return this.prober.act(probe);
    return (await this.prober.look({ [name]: probe }))[name]!;
  }

  /** Once the condition holds, told by changes of the run; with a pulse for what changes no verdict. */
  async until(what: string, holds: () => boolean | Promise<boolean>, ms = 30_000): Promise<void> {
    for (const end = Date.now() + ms; !(await holds());) {
      if (Date.now() > end) throw new Error(`waited ${ms} ms for: ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  becomes(id: string, state: string, ms?: number): Promise<void> {
    return this.until(`${id} ${state}`, () => this.state(id) === state, ms);
  }

  close(): void {
    this.actor.close();
  }
}
