import type { Finding } from '../host-driver.js';
import { checkEngine } from './engine-checks.js';
import type { Engine, EngineInfo } from './engine.js';
import type { NodeImage } from './image.js';
import type { ClusterLayout } from './layout.js';
import { checkInotify, checkRoot, checkSpace } from './machine-checks.js';
import { checkPool } from './pool-check.js';
import { probePrivileged } from './privileged-probe.js';
import { findProgram, isAtLeast, kindVersion } from './programs.js';

export interface PreflightOptions {
  stateDir: string;
  networkPool: string;
  dockerHost: string | undefined;
  engine: Engine;
  image: NodeImage;
  layout: ClusterLayout;
  path: string;
}

async function checkPrograms(path: string): Promise<Finding[]> {
  const docker = findProgram('docker', path);
  const kind = findProgram('kind', path);
  const cli: Finding = {
    code: 'cluster.docker',
    level: docker === undefined ? 'fail' : 'ok',
    found: docker ?? `no docker in ${path}`,
    wanted: 'the docker command, which kind calls',
    ...(docker === undefined ? { fix: 'install the Docker client (apt-get install docker-cli)' } : {}),
  };
  const wanted = 'kind 0.24 or later';
  const fix = 'install kind from https://kind.sigs.k8s.io into /usr/local/bin';
  const code = 'cluster.kind';
  if (kind === undefined) return [cli, { code, level: 'fail', found: `no kind in ${path}`, wanted, fix }];
  const version = await kindVersion(kind).catch((error: unknown) => (error as Error).message);
  if (isAtLeast(version, [0, 24])) return [cli, { code, level: 'ok', found: `kind ${version}`, wanted }];
  return [cli, { code, level: 'fail', found: `${kind}: ${version}`, wanted, fix }];
}

async function checkImage(image: NodeImage): Promise<Finding> {
  const code = 'cluster.image';
  const wanted = 'the node image on this machine';
  const name = await image.resolve();
  if (name === undefined) {
    const found = 'none is set, and the one of kind cannot be told';
    return { code, level: 'fail', found, wanted, fix: 'set WHEELHOUSE_KIND_IMAGE' };
  }
  if (await image.isPresent()) return { code, level: 'ok', found: name, wanted };
  const fix = `docker pull ${name}, or docker load of an archive; the service also tries in the background`;
  return { code, level: 'warn', found: `${name} is absent: labs with a cluster wait for it`, wanted, fix };
}

async function checkPrivileged(o: PreflightOptions, info: EngineInfo): Promise<Finding[]> {
  const { engine, image, layout } = o;
  if (image.missing !== undefined) return [];
  const key = [info.ServerVersion, engine.socket, image.identity];
  const reference = await image.reference();
  const problem = await probePrivileged({ engine, image: reference, key, cache: layout.probeCache });
  const wanted = 'privileged containers, which nodes are';
  const code = 'cluster.privileged';
  if (problem === undefined) return [{ code, level: 'ok', found: 'a privileged container starts', wanted }];
  const fix = 'upgrade the Docker engine, or use one that is allowed to start privileged containers';
  return [{ code, level: 'fail', found: problem, wanted, fix }];
}

/** Everything that clusters need of the machine. Never rejects; a `fail` means that none can run. */
export async function checkClusters(o: PreflightOptions): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    findings.push(checkRoot(), ...(await checkPrograms(o.path)));
    const { info, findings: engine } = await checkEngine(o.engine);
    findings.push(...engine);
    if (!info) return findings;
    findings.push(await checkImage(o.image), await checkSpace(info.DockerRootDir));
    findings.push(await checkPool(o.engine, o.networkPool), ...checkInotify());
    // A probe could only say again, less clearly, what failed already.
    if (findings.every(({ level }) => level !== 'fail')) findings.push(...(await checkPrivileged(o, info)));
  } catch (error) {
    const found = (error as Error).message;
    findings.push({ code: 'cluster.preflight', level: 'fail', found, wanted: 'checks that come to an end' });
  }
  return findings;
}
