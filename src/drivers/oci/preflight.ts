import type { Logger } from '../../common/logger.js';
import { runCommand } from '../../linux/exec/command.js';
import type { Finding } from '../host-driver.js';
import { delegatedFolder } from './delegated.js';
import { runtimeCandidates } from './find-runtime.js';
import { Layout } from './layout.js';
import { checkMachine } from './machine-checks.js';
import { resolveImage } from './prepare.js';
import { cachedProbe, probeKey, rememberProbe } from './probe-cache.js';
import { probeRuntime, type ProbeResult } from './probe.js';

export interface PreflightOptions {
  stateDir: string;
  installId: string;
  uidBase: number;
  runtime: string;
  imageDir: string;
  logger: Logger;
}

export interface PreflightResult {
  findings: Finding[];
  /** Path of the runtime whose probe succeeded. */
  program?: string;
}

const WANTED = 'runc or crun that starts a lab host with limits';

/** First versions without the known ways out of a container (CVE-2025-31133, -52565, -52881). */
export function isKnownSafe(version: string): boolean {
  const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(version);
  if (!found) return false;
  const [major, minor, patch] = found.slice(1).map((text) => Number(text ?? 0)) as [number, number, number];
  if (version.includes('crun')) return major > 1 || minor > 24;
  if (major !== 1) return major > 1;
  return minor > 3 || (minor === 3 && patch >= 3) || (minor === 2 && patch >= 8);
}

function versionFinding(version: string): Finding {
  const finding: Finding = {
    code: 'host.runtime.version',
    level: 'ok',
    found: version,
    wanted: 'runc 1.2.8, 1.3.3 or later',
  };
  if (isKnownSafe(version)) return finding;
  return {
    ...finding,
    level: 'warn',
    fix: 'for strangers, upgrade the runtime, unless your distribution patched this one',
  };
}

/** Known without a probe, and nothing that a new look would change. */
function noGroup(): string | undefined {
  return delegatedFolder('/') === undefined ? 'pids are not counted in a v1 hierarchy' : undefined;
}

function isSettled({ code, level }: Finding): boolean {
  return level === 'ok' || (code === 'host.delegated-cgroup' && noGroup() !== undefined);
}

function part(code: string, problem: string | undefined, text: { wanted: string; fix: string }): Finding {
  if (problem !== undefined) return { code, level: 'warn', found: problem, ...text };
  return { code, level: 'ok', found: 'works in a lab host', wanted: text.wanted };
}

function partFindings(result: ProbeResult): Finding[] {
  return [
    part('host.netns', result.netns, {
      wanted: 'ip netns inside a lab host',
      fix: 'upgrade the runtime; crun 1.8 cannot show a second sysfs',
    }),
    part('host.tun', result.tun, { wanted: '/dev/net/tun, for Open vSwitch', fix: 'modprobe tun' }),
    part('host.nft', result.nft, { wanted: 'nftables, for labs with a firewall', fix: 'modprobe nf_tables' }),
    part('host.nested-proc', result.nestedProc, {
      wanted: 'a /proc in a nested PID namespace, for labs on containers',
      fix: 'upgrade the runtime and the kernel',
    }),
    part('host.delegated-cgroup', noGroup() ?? result.cgroup, {
      wanted: 'a control group handed to the lab host, for objectives on limits',
      fix: 'boot with the pids controller in a v1 hierarchy (systemd.unified_cgroup_hierarchy=0)',
    }),
  ];
}

async function runtimeVersion(program: string): Promise<string> {
  const { stdout } = await runCommand({ argv: [program, '--version'], timeoutMs: 5000 });
  return stdout.split('\n')[0]?.trim() ?? '';
}

async function checkRuntime(o: PreflightOptions, stamp: string): Promise<PreflightResult> {
  const cache = new Layout(o).probeCache;
  const problems: string[] = [];
  for (const program of runtimeCandidates(o.runtime)) {
    const key = await probeKey(program, stamp, o.uidBase);
    const version = await cachedProbe(cache, key);
    const ok: Finding = { code: 'host.runtime', level: 'ok', found: program, wanted: WANTED };
    if (version !== undefined)
      return { program, findings: [ok, versionFinding(version), ...partFindings({})] };
    const result = await probeRuntime({ ...o, program });
    if (result.start !== undefined) {
      problems.push(`${program}: ${result.start}`);
      continue;
    }
    const seen = await runtimeVersion(program);
    const parts = partFindings(result);
    // A part that fails is looked at again at each start: its fix needs no new runtime.
    if (parts.every(isSettled)) await rememberProbe(cache, key, seen);
    return { program, findings: [ok, versionFinding(seen), ...parts] };
  }
  const found =
    problems.length > 0 ? problems.join('\n') : `no ${o.runtime === 'auto' ? 'runc or crun' : o.runtime}`;
  const fix = problems.length > 0 ? 'set WHEELHOUSE_OCI_RUNTIME to another one' : 'apt-get install runc';
  return { findings: [{ code: 'host.runtime', level: 'fail', found, wanted: WANTED, fix }] };
}

/** Everything that lab hosts need of the machine. Never rejects; a `fail` means that none can run. */
export async function checkHosts(options: PreflightOptions): Promise<PreflightResult> {
  const machine = checkMachine(options);
  // Without root a probe could only say so again, less clearly.
  if (machine.some((finding) => finding.level === 'fail')) return { findings: machine };
  try {
    const image = await resolveImage(options.imageDir);
    const found: Finding = {
      code: 'host.image',
      level: 'ok',
      found: image.stamp,
      wanted: 'the image of the lab hosts',
    };
    const runtime = await checkRuntime(options, image.stamp);
    return { ...runtime, findings: [...machine, found, ...runtime.findings] };
  } catch (error) {
    const found = (error as Error).message;
    const fix = 'run `npm run setup` as root';
    const failed: Finding = {
      code: 'host.image',
      level: 'fail',
      found,
      wanted: 'the image of the lab hosts',
      fix,
    };
    return { findings: [...machine, failed] };
  }
}
