import { existsSync, readFileSync } from 'node:fs';
import { cgroupControllers, cgroupMode } from '../../linux/cgroup-mounts.js';
import { readMounts } from '../../linux/mounts.js';
import type { Finding } from '../host-driver.js';
import { IDS_PER_HOST } from './config.js';

const SLOTS = 8192;

function readNumber(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8').trim());
  } catch {
    return undefined;
  }
}

/** A limit of the machine that decides how many lab hosts fit; too low is a warning, as some always fit. */
function atLeast(code: string, file: string, wanted: number): Finding {
  const name = file.replace('/proc/sys/', '').replaceAll('/', '.');
  const found = readNumber(file);
  if (found !== undefined && found >= wanted)
    return { code, level: 'ok', found: `${name} = ${found}`, wanted: `${wanted} or more` };
  return {
    code,
    level: 'warn',
    found: `${name} = ${found ?? 'unreadable'}`,
    wanted: `${wanted} or more, else fewer sandboxes fit`,
    fix: `sysctl -w ${name}=${wanted}`,
  };
}

function checkRoot(): Finding {
  const uid = process.getuid?.() ?? -1;
  const finding: Finding = {
    code: 'host.root',
    level: 'ok',
    found: `uid ${uid}`,
    wanted: 'root, to make containers',
  };
  return uid === 0 ? finding : { ...finding, level: 'fail', fix: 'start the service as root' };
}

function checkArchitecture(): Finding {
  const finding: Finding = { code: 'host.arch', level: 'ok', found: process.arch, wanted: 'x64' };
  return process.arch === 'x64'
    ? finding
    : { ...finding, level: 'fail', fix: 'the system call filter knows x86_64 alone' };
}

function checkUserNamespaces(): Finding {
  const file = '/proc/sys/user/max_user_namespaces';
  const found = readNumber(file) ?? 0;
  const finding: Finding = {
    code: 'host.userns',
    level: 'ok',
    found: `user.max_user_namespaces = ${found}`,
    wanted: '1024 or more',
  };
  if (found >= 1024) return finding;
  return {
    ...finding,
    level: found === 0 ? 'fail' : 'warn',
    fix: 'sysctl -w user.max_user_namespaces=65536',
  };
}

function checkCgroup(): Finding {
  const mode = cgroupMode();
  const present = cgroupControllers();
  const missing = ['pids', 'memory', 'cpu'].filter((name) => !present.includes(name));
  const finding: Finding = {
    code: 'host.cgroup',
    level: 'ok',
    found: `${mode}, with ${present.toSorted((a, b) => a.localeCompare(b)).join(' ')}`,
    wanted: 'pids, memory and cpu controllers',
  };
  if (missing.length === 0) return finding;
  const fix = `boot with the controllers ${missing.join(', ')} (kernel option cgroup_enable=memory, unified hierarchy)`;
  return { ...finding, level: 'fail', fix };
}

/** The longest mount point that is the folder or above it. */
function mountOf(folder: string): { target: string; options: string[] } | undefined {
  return readMounts()
    .filter(({ target }) => target === '/' || folder === target || folder.startsWith(`${target}/`))
    .toSorted((a, b) => a.target.length - b.target.length)
    .at(-1);
}

function checkStateDir(stateDir: string): Finding {
  const mount = mountOf(stateDir);
  const refused = ['nodev', 'noexec'].filter((option) => mount?.options.includes(option));
  const finding: Finding = {
    code: 'host.state',
    level: 'ok',
    found: `${stateDir} on ${mount?.target ?? 'an unknown mount'}`,
    wanted: 'a file system without nodev and noexec',
  };
  if (refused.length === 0) return finding;
  const found = `${finding.found}, mounted ${refused.join(', ')}`;
  return {
    ...finding,
    level: 'fail',
    found,
    fix: 'set WHEELHOUSE_STATE_DIR to a folder on another file system',
  };
}

/** Ranges of /etc/subuid and /etc/subgid belong to other users' containers. */
function checkIdRange(uidBase: number): Finding {
  const last = Math.min(uidBase + SLOTS * IDS_PER_HOST, 2 ** 32) - 1;
  const clashes = ['/etc/subuid', '/etc/subgid'].flatMap((file) => {
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => {
        const [, start, count] = line.split(':').map(Number);
        return start !== undefined && count !== undefined && start <= last && start + count > uidBase;
      })
      .map((line) => `${file}: ${line}`);
  });
  const finding: Finding = {
    code: 'host.ids',
    level: 'ok',
    found: `${uidBase} to ${last}`,
    wanted: 'ids that nobody else uses',
  };
  if (clashes.length === 0) return finding;
  return {
    ...finding,
    level: 'warn',
    found: clashes.join('; '),
    fix: 'set WHEELHOUSE_UID_BASE to the start of a free range',
  };
}

function checkFiles(): Finding {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const soft = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? 0);
  const finding: Finding = {
    code: 'host.files',
    level: 'ok',
    found: `nofile ${soft}`,
    wanted: '16384 or more',
  };
  return soft >= 16384
    ? finding
    : { ...finding, level: 'warn', fix: 'ulimit -n 16384, or LimitNOFILE= of the unit' };
}

/** Checks that only read. */
export function checkMachine(options: { stateDir: string; uidBase: number }): Finding[] {
  return [
    checkRoot(),
    checkArchitecture(),
    checkUserNamespaces(),
    checkCgroup(),
    checkStateDir(options.stateDir),
    checkIdRange(options.uidBase),
    checkFiles(),
    atLeast('host.inotify', '/proc/sys/fs/inotify/max_user_instances', 8192),
    atLeast('host.watches', '/proc/sys/fs/inotify/max_user_watches', 524288),
    atLeast('host.pids', '/proc/sys/kernel/pid_max', 32768),
    atLeast('host.ptys', '/proc/sys/kernel/pty/max', 4096),
    atLeast('host.neighbours', '/proc/sys/net/ipv4/neigh/default/gc_thresh3', 16384),
  ];
}
