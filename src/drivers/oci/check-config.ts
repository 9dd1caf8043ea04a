import { IDS_PER_HOST, MASKED, READ_ONLY } from './config.js';
import { capabilitySets, ROOT_USER } from './process-spec.js';
import { seccompProfile } from './seccomp.js';

export const CHECK_SECONDS = 2;
const MEMORY = 64 << 20;
const PIDS = 32;
const CHECK = '/run/check';
/** Statuses that no runtime ends with by itself, so that its own failures are not taken for an answer. */
export const CHECK_EXITS = { yes: 80, no: 81, killed: 82, other: 83 } as const;

/** Ends the script at its time; what it leaves running ends with this process 1. */
const RUN = `timeout -s KILL ${CHECK_SECONDS} ${CHECK}
case $? in
  0) exit ${CHECK_EXITS.yes} ;;
  1) exit ${CHECK_EXITS.no} ;;
  137) exit ${CHECK_EXITS.killed} ;;
  *) exit ${CHECK_EXITS.other} ;;
esac`;

const device = (minor: number): object => ({ allow: true, type: 'c', major: 1, minor, access: 'rw' });

export interface CheckConfigOptions {
  /** Read-only view of the image. */
  rootfs: string;
  /** The script on the machine. */
  file: string;
  cgroup: string;
  firstId: number;
  /** Swap can be limited on this machine. */
  swap: boolean;
}

/** The OCI configuration of the box in which a lab's script runs. No right, no network but its own loopback, down. */
export function checkConfig(o: CheckConfigOptions): object {
  const ids = [{ containerID: 0, hostID: o.firstId, size: IDS_PER_HOST }];
  const plain = ['nosuid', 'nodev'];
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: ROOT_USER,
      args: ['/bin/sh', '-c', RUN],
      env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/tmp', 'LANG=C.UTF-8'],
      cwd: '/tmp',
      capabilities: capabilitySets([]),
      rlimits: [
        { type: 'RLIMIT_NOFILE', soft: 256, hard: 256 },
        { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
      ],
      noNewPrivileges: true,
      oomScoreAdj: 900,
    },
    root: { path: o.rootfs, readonly: true },
    hostname: 'check',
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc', options: [...plain, 'noexec'] },
      {
        destination: '/dev',
        type: 'tmpfs',
        source: 'tmpfs',
        options: ['nosuid', 'noexec', 'mode=755', 'size=64k'],
      },
      { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: [...plain, 'mode=1777', 'size=8m'] },
      { destination: '/run', type: 'tmpfs', source: 'tmpfs', options: [...plain, 'mode=755', 'size=64k'] },
      { destination: CHECK, type: 'bind', source: o.file, options: ['bind', 'ro', ...plain] },
    ],
    linux: {
      cgroupsPath: o.cgroup,
      namespaces: ['user', 'network', 'pid', 'mount', 'ipc', 'uts', 'cgroup'].map((type) => ({ type })),
      uidMappings: ids,
      gidMappings: ids,
      resources: {
        devices: [{ allow: false, access: 'rwm' }, ...[3, 5, 7, 8, 9].map(device)],
        pids: { limit: PIDS },
        memory: { limit: MEMORY, ...(o.swap ? { swap: MEMORY } : {}) },
        cpu: { shares: 512, quota: 100_000, period: 100_000 },
      },
      maskedPaths: [...MASKED.map((name) => `/proc/${name}`), '/sys/firmware'],
      readonlyPaths: [...READ_ONLY, 'sys'].map((name) => `/proc/${name}`),
      seccomp: seccompProfile({ netfilter: false }),
    },
  };
}
