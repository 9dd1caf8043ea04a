import { prepareStateDir } from '../auth/secrets.js';
import { createLogger } from '../common/logger.js';
import type { AppConfig } from '../config/app-config.js';
import { chooseClusterDriver } from '../drivers/cluster-registry.js';
import { chooseHostDriver } from '../drivers/driver-registry.js';
import type { Finding } from '../drivers/host-driver.js';
import { Fence } from '../linux/fence/fence.js';
import { fixMachine } from './fix-machine.js';

/** Not the id of any installation: what a check makes is told from what serves. */
const INSTALL = 'doctor';

export interface DoctorOptions {
  config: AppConfig;
  json: boolean;
  fix: boolean;
  out: (text: string) => void;
}

/** What this machine can run, and what to do where it cannot; 1 when something that is wanted cannot. */
export async function doctor({ config, json, fix, out }: DoctorOptions): Promise<number> {
  prepareStateDir(config.stateDir);
  const say = json ? (text: string) => void process.stderr.write(`${text}\n`) : out;
  const unfixed = fix ? fixMachine({ say }) : 0;
  const logger = createLogger('error');
  const [host, cluster] = await Promise.all([
    chooseHostDriver({ config: withoutDemands(config), installId: INSTALL, logger }),
    chooseClusterDriver({ config: withoutDemands(config), installId: INSTALL, logger }),
  ]);
  // The check of the fences made a table.
  if (cluster.driver.name === 'kind') await new Fence({ installId: INSTALL }).sweep();
  const findings = [...host.findings, ...cluster.findings];
  if (json) {
    out(JSON.stringify({ hostProvider: host.driver.name, clusterProvider: cluster.driver.name, findings }));
  } else {
    for (const finding of findings) print(finding, out);
    out(`lab hosts: ${host.driver.name}; clusters: ${cluster.driver.name}`);
  }
  // Labs without a cluster run where clusters cannot, unless those were asked for by name.
  const serious = config.clusterProvider === 'kind' ? findings : host.findings;
  return unfixed > 0 || serious.some(({ level }) => level === 'fail') ? 1 : 0;
}

/** A provider that is demanded keeps a service from starting; the doctor wants to see all of what is wrong. */
function withoutDemands(config: AppConfig): AppConfig {
  return {
    ...config,
    hostProvider: config.hostProvider === 'oci' ? 'auto' : config.hostProvider,
    clusterProvider: config.clusterProvider === 'kind' ? 'auto' : config.clusterProvider,
  };
}

function print({ level, code, found, wanted, fix }: Finding, out: (text: string) => void): void {
  out(`${level.padEnd(4)} ${code}: ${found}${level === 'ok' ? '' : ` (wanted: ${wanted})`}`);
  if (level !== 'ok' && fix) out(`     fix: ${fix}`);
}
