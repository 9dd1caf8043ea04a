import type { Finding } from '../host-driver.js';
import type { Engine, EngineInfo } from './engine.js';
import { isAtLeast } from './programs.js';

function checkVersion(found: string): Finding {
  const finding: Finding = {
    code: 'cluster.engine',
    level: 'ok',
    found: `Docker engine ${found}`,
    wanted: 'Docker engine 24 or later',
  };
  if (isAtLeast(found, [24, 0])) return finding;
  // 20.10 asks for a capability that many machines withhold, and does not start a node then.
  const level = isAtLeast(found, [23, 0]) ? 'warn' : 'fail';
  return { ...finding, level, fix: 'upgrade the Docker engine (https://docs.docker.com/engine/install)' };
}

/** Limits that an engine without them would ignore in silence. */
function checkLimits(info: EngineInfo): Finding {
  const missing = [
    info.MemoryLimit ? '' : 'memory',
    info.PidsLimit ? '' : 'pids',
    info.CpuCfsQuota ? '' : 'cpu quota',
  ].filter((name) => name !== '');
  const wanted = 'an engine that limits memory, pids and cpu';
  const code = 'cluster.limits';
  if (missing.length === 0) return { code, level: 'ok', found: 'memory, pids and cpu', wanted };
  const fix = 'boot with these controllers (kernel option cgroup_enable=memory), then restart the engine';
  return { code, level: 'fail', found: `no limit of ${missing.join(', ')}`, wanted, fix };
}

/** Without root or with its own id range the engine's bridges and nodes are not the machine's. */
function checkRootful(info: EngineInfo): Finding[] {
  const found = (info.SecurityOptions ?? []).filter((option) => /name=(rootless|userns)/.test(option));
  if (found.length === 0) return [];
  const fix = 'start an engine as root, without userns-remap, and set DOCKER_HOST to its socket';
  const wanted = 'an engine that runs as the root of this machine';
  return [{ code: 'cluster.rootful', level: 'fail', found: found.join(', '), wanted, fix }];
}

export async function checkEngine(engine: Engine): Promise<{ info?: EngineInfo; findings: Finding[] }> {
  try {
    const info = await engine.info();
    return { info, findings: [checkVersion(info.ServerVersion), checkLimits(info), ...checkRootful(info)] };
  } catch (error) {
    const found = (error as Error).message;
    const fix = `start the Docker engine, or set DOCKER_HOST to the unix:// address of its socket`;
    const wanted = 'a Docker engine that answers';
    return { findings: [{ code: 'cluster.engine', level: 'fail', found, wanted, fix }] };
  }
}
