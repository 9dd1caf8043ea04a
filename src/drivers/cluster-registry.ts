import type { AppConfig } from '../config/app-config.js';
import type { Logger } from '../common/logger.js';
import { Fence } from '../linux/fence/fence.js';
import type { ClusterDriver } from './cluster-driver.js';
import { DisabledClusterDriver } from './disabled/cluster-driver.js';
import { FakeClusterDriver } from './fake/cluster-driver.js';
import type { Finding } from './host-driver.js';
import { KindDriver } from './kind/driver.js';
import { socketOf } from './kind/socket.js';
import { checkFence } from './kind/fence-check.js';

export type ClusterConfig = Pick<
  AppConfig,
  'clusterProvider' | 'kindImage' | 'dockerHost' | 'networkPool' | 'stateDir'
>;

export interface ChooseClusters {
  config: ClusterConfig;
  installId: string;
  logger: Logger;
  /** Ends what goes on in the background: the fetching of a missing node image. None is fetched without it. */
  signal?: AbortSignal;
}

export interface ChosenClusters {
  driver: ClusterDriver;
  findings: Finding[];
}

/** Chooses the driver of clusters at boot, never later: what is missing then disables it, with the reason. */
export async function chooseClusterDriver(o: ChooseClusters): Promise<ChosenClusters> {
  const { clusterProvider } = o.config;
  if (clusterProvider === 'fake') return { driver: new FakeClusterDriver(), findings: [] };
  if (clusterProvider === 'none') {
    return { driver: new DisabledClusterDriver('WHEELHOUSE_CLUSTER_PROVIDER is none'), findings: [] };
  }
  const { driver, findings } = await tryKind(o);
  const failed = findings.filter(({ level }) => level === 'fail');
  if (driver && failed.length === 0) {
    if (o.signal) void driver.prepare(o.signal).catch(() => undefined);
    return { driver, findings };
  }
  const reason = failed.map((f) => `${f.code}: ${f.found} (wanted: ${f.wanted})`).join('; ');
  if (clusterProvider === 'kind') throw new Error(`clusters of kind cannot run here: ${reason}`);
  return { driver: new DisabledClusterDriver(reason), findings };
}

async function tryKind(o: ChooseClusters): Promise<{ driver?: KindDriver; findings: Finding[] }> {
  const { stateDir, kindImage, networkPool, dockerHost } = o.config;
  try {
    socketOf(dockerHost);
  } catch (error) {
    const found = (error as Error).message;
    const fix = 'set DOCKER_HOST to unix:///var/run/docker.sock, or unset it';
    const wanted = 'a Docker engine of this machine';
    return { findings: [{ code: 'cluster.engine', level: 'fail', found, wanted, fix }] };
  }
  const fence = new Fence({ installId: o.installId });
  const driver = new KindDriver({
    stateDir,
    installId: o.installId,
    image: kindImage,
    networkPool,
    dockerHost,
    logger: o.logger,
    fence,
  });
  const findings = await driver.preflight();
  // Only where clusters can run otherwise: the check makes a table.
  if (findings.every(({ level }) => level !== 'fail')) findings.push(await checkFence(fence));
  return { driver, findings };
}
