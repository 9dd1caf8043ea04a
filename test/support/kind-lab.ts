import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { silentLogger } from '../../src/common/logger.js';
import type { ClusterDriver, ClusterIdentity } from '../../src/drivers/cluster-driver.js';
import { KindDriver } from '../../src/drivers/kind/driver.js';
import { KubeCall } from '../../src/drivers/kind/kube-call.js';
import { sweepClusters } from '../../src/drivers/kind/sweep.js';
import type { CallOptions, Facts } from '../../src/drivers/step.js';
import { Fence } from '../../src/linux/fence/fence.js';
import { nodeImage } from './capability.js';

/** Away from the pool of services. */
const TEST_POOL = '10.252.0.0/16';

export function inTime(ms = 30_000): CallOptions {
  return { signal: AbortSignal.timeout(ms), deadline: Date.now() + ms };
}

/** Runs the steps of a plan, or those before `until`, and returns their facts. */
export async function makeCluster(
  driver: ClusterDriver,
  o: { id: string; attempt?: number; nodes?: number; until?: string },
): Promise<Facts> {
  const { id, attempt = 1, nodes = 1 } = o;
  const facts: Facts = {};
  for (const step of driver.plan(id, attempt, { nodes }).steps) {
    if (step.name === o.until) return facts;
    const context = { ...inTime(step.timeoutMs), id, attempt, logger: silentLogger, facts, note: () => {} };
    Object.assign(facts, await step.run(context));
  }
  return facts;
}

/** Of what the engine and the machine hold, everything that belongs to this installation. */
export interface Traces {
  containers: string[];
  networks: string[];
  mounts: string[];
  fences: string[];
  folders: string[];
}

export const docker = (...args: string[]): string[] =>
  execFileSync('docker', args, { encoding: 'utf8' }).split('\n').filter(Boolean);

/** Resolves when the engine shows the first node of a cluster that is being made. */
export async function nodeAppears(driver: ClusterDriver, id: string): Promise<void> {
  while (!(await driver.inspect(id, inTime()))?.nodes.length) await new Promise(setImmediate);
}

export interface KindLab {
  driver: KindDriver;
  stateDir: string;
  installId: string;
  /** A second driver on the same state, as after a restart of the service. */
  restart(): KindDriver;
  traces(): Promise<Traces>;
  /** Names of the volumes of all nodes. */
  volumes(): Promise<string[]>;
  /** A connection with a fresh credential. */
  connect(id: string, who: ClusterIdentity): Promise<KubeCall>;
  remove(): Promise<void>;
}

/** A driver with a state folder, a pool and fences of its own. */
export async function makeKindLab(): Promise<KindLab> {
  const stateDir = mkdtempSync('/var/tmp/wheelhouse-kind-');
  const installId = path.basename(stateDir);
  const fence = new Fence({ installId });
  await fence.open();
  const make = (): KindDriver =>
    new KindDriver({
      stateDir,
      installId,
      image: nodeImage(),
      networkPool: TEST_POOL,
      logger: silentLogger,
      fence,
    });
  const lab: KindLab = {
    driver: make(),
    stateDir,
    installId,
    restart() {
      lab.driver = make();
      return lab.driver;
    },
    async traces() {
      const format = '{{.ID}} {{.Mounts}}';
      const containers = docker('ps', '-a', '--no-trunc', '--format', format)
        .filter((line) => line.includes(stateDir))
        .map((line) => line.slice(0, line.indexOf(' ')));
      const networks = docker('network', 'ls', '-q', '--filter', `label=wheelhouse.install=${installId}`);
      const root = path.join(stateDir, 'clusters');
      return {
        containers,
        networks,
        mounts: execFileSync('cat', ['/proc/self/mounts'], { encoding: 'utf8' })
          .split('\n')
          .filter((line) => line.includes(stateDir)),
        fences: await fence.bridges(),
        folders: existsSync(root) ? readdirSync(root).filter((name) => !name.startsWith('.')) : [],
      };
    },
    async volumes() {
      const format = '{{range .Mounts}}{{println .Name}}{{end}}';
      return (await lab.traces()).containers.flatMap((id) => docker('inspect', '-f', format, id));
    },
    async connect(id, who) {
      const access = await lab.driver.access(id, 1, who, inTime());
      return new KubeCall(access.server, access);
    },
    async remove() {
      await sweepClusters({ stateDir, installId, fence });
      await fence.sweep();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
  return lab;
}
