import type { AppConfig } from '../config/app-config.js';
import type { Logger } from '../common/logger.js';
import { DisabledHostDriver } from './disabled/driver.js';
import { FakeHostDriver } from './fake/driver.js';
import type { Finding, HostDriver } from './host-driver.js';
import { OciHostDriver } from './oci/driver.js';

/** Chooses the host driver at boot, never later: what is missing then disables it, with the reason. */
export async function chooseHostDriver(o: {
  config: AppConfig;
  installId: string;
  logger: Logger;
  /** For lab hosts that are joined to a cluster; they have the image's otherwise. */
  kubectl?: string | undefined;
}): Promise<{ driver: HostDriver; findings: Finding[] }> {
  const { config, installId, logger } = o;
  if (config.hostProvider === 'fake') return { driver: new FakeHostDriver(), findings: [] };
  if (config.hostProvider === 'none') {
    return { driver: new DisabledHostDriver('WHEELHOUSE_HOST_PROVIDER is none'), findings: [] };
  }
  const oci = new OciHostDriver({
    stateDir: config.stateDir,
    installId,
    uidBase: config.uidBase,
    imageDir: config.imageDir,
    runtime: config.ociRuntime,
    logger,
    ...(o.kubectl === undefined ? {} : { kubectl: o.kubectl }),
  });
  const findings = await oci.preflight();
  const failed = findings.filter((f) => f.level === 'fail');
  if (failed.length === 0) return { driver: oci, findings };
  const reason = failed.map((f) => `${f.code}: ${f.found} (wanted: ${f.wanted})`).join('; ');
  if (config.hostProvider === 'oci') throw new Error(`lab hosts cannot run here: ${reason}`);
  return { driver: new DisabledHostDriver(reason), findings };
}
