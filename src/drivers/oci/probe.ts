import { rm } from 'node:fs/promises';
import path from 'node:path';
import { systemClock } from '../../common/clock.js';
import type { Logger } from '../../common/logger.js';
import { limitsSwap } from '../../linux/cgroup-mounts.js';
import { Fence } from '../../linux/fence/fence.js';
import { writeProcessSpec } from './bundle.js';
import type { HostSpec } from '../host-driver.js';
import { DELEGATED_POINT } from './delegated.js';
import { HostSockets } from './host-sockets.js';
import { Layout } from './layout.js';
import { HostLifecycle } from './lifecycle.js';
import { HostLinks } from './link.js';
import { hostName } from './names.js';
import { OciSession } from './oci-session.js';
import { processSpec } from './process-spec.js';
import { sweepInstall } from './sweep.js';

export interface ProbeOptions {
  stateDir: string;
  installId: string;
  uidBase: number;
  imageDir: string;
  /** Path of the runtime to try. */
  program: string;
  logger: Logger;
}

/** What a probe container could do; `undefined` is success, text the reason. */
export interface ProbeResult {
  start?: string;
  netns?: string;
  tun?: string;
  nft?: string;
  nestedProc?: string;
  cgroup?: string;
}

const ID = 'probe';
/** The last one of all, given to sandboxes only when all others are taken. */
const SLOT = 8191;
const SPEC: HostSpec = { slot: SLOT, requires: ['netns', 'ovs', 'nft', 'nested-proc', 'cgroup'] };
const TIMEOUT_MS = 20_000;
/** Each line of output is the name of a thing that works. */
const SCRIPT = `
ip netns add probe && ip netns exec probe ip link show lo >/dev/null && echo netns
(exec 3<>/dev/net/tun) && echo tun
nft list ruleset && echo nft
unshare --pid --fork --mount-proc test -d /proc/1 && echo nested-proc
echo 8 > ${DELEGATED_POINT}/pids.max && echo 0 > ${DELEGATED_POINT}/cgroup.procs && echo cgroup
`;

/**
 * Runs a real lab host with all limits and looks at what works in it. It has a state folder, runtime root and cgroup
 * of its own, so it can run beside a service that is up, and leaves nothing.
 */
export async function probeRuntime(options: ProbeOptions): Promise<ProbeResult> {
  const own = { stateDir: path.join(options.stateDir, 'probe'), installId: `${options.installId}-probe` };
  const layout = new Layout(own);
  const { imageDir, logger, uidBase } = options;
  const session = new OciSession(layout, { runtime: options.program, imageDir, logger });
  const links = new HostLinks({ layout, fence: new Fence(own) });
  const sockets = new HostSockets({ logger });
  const lifecycle = new HostLifecycle({ layout, session, links, sockets, uidBase, swap: limitsSwap() });
  const limits = { timeoutMs: TIMEOUT_MS, signal: AbortSignal.timeout(TIMEOUT_MS) };
  const started = systemClock.monotonic();
  try {
    const { runtime } = await session.open();
    await lifecycle.bundle(ID, 0, SPEC);
    await lifecycle.run(ID, 0, { ...limits, spec: SPEC });
    const name = hostName(ID, 0);
    const spec = processSpec({ argv: ['/bin/sh', '-c', SCRIPT], env: {}, terminal: false });
    const { stdout, stderr } = await runtime.exec(name, writeProcessSpec(layout.bundle(name), spec), limits);
    logger.debug({ ms: systemClock.monotonic() - started, stdout, stderr }, 'probe of the OCI runtime');
    const works = new Set(stdout.split('\n'));
    const judge = (what: string): string | undefined =>
      works.has(what) ? undefined : stderr.trim() || 'no output';
    return {
      ...{ netns: judge('netns'), tun: judge('tun'), nft: judge('nft') },
      ...{ nestedProc: judge('nested-proc'), cgroup: judge('cgroup') },
    };
  } catch (error) {
    return { start: (error as Error).message };
  } finally {
    await sweepInstall(own).catch((error: unknown) =>
      logger.warn({ err: error }, 'the probe could not be removed'),
    );
    await session.close();
    await rm(own.stateDir, { recursive: true, force: true });
  }
}
