import { TOOLS_POINT } from './mount-table.js';

const PATH = `${TOOLS_POINT}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;

/** All inside the user namespace. Without SETUID there is one uid, which makes the per-uid caps hard. */
export const LEARNER_CAPABILITIES = ['NET_ADMIN', 'NET_RAW', 'NET_BIND_SERVICE', 'SYS_ADMIN', 'SYS_CHROOT']
  .concat(['CHOWN', 'FOWNER', 'DAC_OVERRIDE', 'KILL'])
  .map((name) => `CAP_${name}`);

export const RLIMITS = [
  { type: 'RLIMIT_NOFILE', soft: 4096, hard: 4096 },
  { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
  { type: 'RLIMIT_MEMLOCK', soft: 8 << 20, hard: 8 << 20 },
  { type: 'RLIMIT_FSIZE', soft: 512 << 20, hard: 512 << 20 },
];

export const ROOT_USER = { uid: 0, gid: 0, umask: 0o022 };

export function capabilitySets(names: string[]): object {
  return { bounding: names, effective: names, permitted: names, inheritable: [], ambient: [] };
}

export interface ProcessOptions {
  argv: string[];
  env: Record<string, string>;
  terminal: boolean;
  /** Size of the terminal from the first moment; the runtime itself would set it after the command has begun. */
  size?: { cols: number; rows: number };
}

/**
 * The OCI process of every `exec`. Always explicit: without it the runtime would copy the process of init, which has
 * CAP_SYS_RESOURCE.
 */
export function processSpec(options: ProcessOptions): object {
  const env = {
    PATH,
    HOME: '/root',
    LANG: 'C.UTF-8',
    ...(options.terminal ? { TERM: 'xterm-256color' } : {}),
    ...options.env,
  };
  return {
    terminal: options.terminal,
    ...(options.size ? { consoleSize: { height: options.size.rows, width: options.size.cols } } : {}),
    user: ROOT_USER,
    args: options.argv,
    env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    cwd: '/root',
    capabilities: capabilitySets(LEARNER_CAPABILITIES),
    rlimits: RLIMITS,
    noNewPrivileges: true,
  };
}
