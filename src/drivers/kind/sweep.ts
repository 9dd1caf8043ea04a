import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { CHILD_PATH } from '../../linux/exec/command-defaults.js';
import { Engine } from './engine.js';
import { asClusterDriver } from './errors.js';
import { ClusterLayout } from './layout.js';
import { ClusterLifecycle, type BridgeFence } from './lifecycle.js';
import { clusterName, parseClusterName } from './names.js';
import { ClusterNetworks } from './network.js';
import { socketOf } from './socket.js';
import { ClusterSurvey } from './survey.js';

export interface SweepOptions {
  stateDir: string;
  installId: string;
  dockerHost?: string | undefined;
  fence: BridgeFence;
}

const REMOVE_MS = 120_000;

/**
 * Removes all clusters of one installation: nodes, networks, mounts, folders. Images stay. For a service that does not
 * run. Returns their names; rejects where there are clusters and no engine to ask for them.
 */
export function sweepClusters(o: SweepOptions): Promise<string[]> {
  return asClusterDriver(async () => {
    const layout = new ClusterLayout(o.stateDir);
    const folders = existsSync(layout.root) ? readdirSync(layout.root) : [];
    const engine = new Engine(socketOf(o.dockerHost));
    // A machine that never had an engine has no clusters either.
    if (!folders.some((name) => parseClusterName(name)) && !existsSync(engine.socket)) {
      await rm(layout.root, { recursive: true, force: true });
      return [];
    }
    const networks = new ClusterNetworks({ engine, installId: o.installId, pool: '' });
    const survey = new ClusterSurvey({ engine, layout, networks });
    const lifecycle = new ClusterLifecycle({
      engine,
      layout,
      networks,
      survey,
      fence: o.fence,
      path: CHILD_PATH,
      atOnce: 1,
    });
    const found = await survey.all();
    for (const cluster of found) await lifecycle.remove(cluster, AbortSignal.timeout(REMOVE_MS));
    await rm(layout.root, { recursive: true, force: true });
    return found.map(({ id, attempt }) => clusterName(id, attempt));
  });
}
