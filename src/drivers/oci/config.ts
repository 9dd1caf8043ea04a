import type { HostCapability } from '../host-driver.js';
import { delegatedFolder } from './delegated.js';
import { memoryMiB, PIDS_LIMIT, USER_CAPS } from './limits.js';
import { mountTable } from './mount-table.js';
import { capabilitySets, LEARNER_CAPABILITIES, RLIMITS, ROOT_USER } from './process-spec.js';
import { seccompProfile } from './seccomp.js';

export const IDS_PER_HOST = 65536;
export const INIT = '/usr/lib/wheelhouse/init';

/** Folders and links on the empty tmpfs mounts; the manual of iproute2 and many tools say /var/run. */
const SKELETON = [
  'dir:/var/tmp:1777',
  'dir:/var/log',
  'dir:/var/log/openvswitch',
  'dir:/var/lib',
  'dir:/var/cache',
].concat(
  ['dir:/var/lib/openvswitch', 'dir:/var/spool', 'link:/var/run=/run', 'link:/var/lock=/run/lock'],
  ['dir:/run/lock:1777', 'dir:/run/netns', 'dir:/run/openvswitch'],
);

/** Only these two may init have beyond the learner's, to set the caps and to empty its bounding set. */
const INIT_CAPABILITIES = [...LEARNER_CAPABILITIES, 'CAP_SYS_RESOURCE', 'CAP_SETPCAP'];

export const MASKED = [
  'acpi',
  'asound',
  'kcore',
  'keys',
  'latency_stats',
  'timer_list',
  'timer_stats',
  'sched_debug',
  'scsi',
];
/** Decoration: the kernel refuses the writes anyway, as none of it belongs to the user namespace. */
export const READ_ONLY = [
  'bus',
  'fs',
  'irq',
  'sysrq-trigger',
  'sys/kernel',
  'sys/fs',
  'sys/vm',
  'sys/dev',
  'sys/debug',
];

export interface ConfigOptions {
  name: string;
  id: string;
  attempt: string;
  installId: string;
  /** Read-only view of the image. */
  rootfs: string;
  /** Read-only view of the folder with the bundles. */
  view: string;
  cgroup: string;
  firstId: number;
  requires: HostCapability[];
  /** Joined to a cluster. */
  link: boolean;
  /** Folder of more programs, see tools.ts. */
  tools?: string;
  /** Swap can be limited on this machine. */
  swap: boolean;
}

function device(type: string, major: number, minor: number): object {
  return { allow: true, type, major, minor, access: 'rw' };
}

function resources(options: ConfigOptions, tun: boolean): object {
  const limit = memoryMiB(options) << 20;
  return {
    devices: [
      { allow: false, access: 'rwm' },
      // null, zero, full, random, urandom; tty, ptmx.
      ...[3, 5, 7, 8, 9].map((minor) => device('c', 1, minor)),
      ...[0, 2].map((minor) => device('c', 5, minor)),
      ...(tun ? [device('c', 10, 200)] : []),
    ],
    pids: { limit: PIDS_LIMIT },
    memory: { limit, ...(options.swap ? { swap: limit } : {}) },
    cpu: { shares: 1024, quota: 100_000, period: 100_000 },
  };
}

/**
 * The OCI configuration of a lab host. The user namespace owns the network namespace, as both are made together:
 * joining one made by the machine would break sysfs mounts and NET_ADMIN.
 */
export function hostConfig(options: ConfigOptions): object {
  const tun = options.requires.includes('ovs');
  const delegated = options.requires.includes('cgroup') ? delegatedFolder(options.cgroup) : undefined;
  const ids = [{ containerID: 0, hostID: options.firstId, size: IDS_PER_HOST }];
  const caps = Object.entries(USER_CAPS).map(([name, value]) => `user.${name}=${value}`);
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: ROOT_USER,
      args: [INIT, ...caps, ...SKELETON],
      env: ['PATH=/usr/sbin:/usr/bin'],
      cwd: '/',
      capabilities: capabilitySets(INIT_CAPABILITIES),
      rlimits: RLIMITS,
      noNewPrivileges: true,
      oomScoreAdj: 500,
    },
    root: { path: options.rootfs, readonly: true },
    hostname: 'lab',
    mounts: mountTable({ view: options.view, name: options.name, tun, tools: options.tools, delegated }),
    annotations: {
      'wheelhouse.install': options.installId,
      'wheelhouse.sandbox': options.id,
      'wheelhouse.attempt': options.attempt,
      'wheelhouse.part': 'host',
    },
    linux: {
      cgroupsPath: options.cgroup,
      namespaces: ['user', 'network', 'pid', 'mount', 'ipc', 'uts', 'cgroup'].map((type) => ({ type })),
      uidMappings: ids,
      gidMappings: ids,
      sysctl: {
        'net.ipv4.ping_group_range': '0 0',
        'net.ipv4.ip_unprivileged_port_start': '0',
        // A new namespace does as the machine does, and where Docker runs the machine forwards.
        ...(options.requires.includes('uplink') ? { 'net.ipv4.ip_forward': '0' } : {}),
      },
      resources: resources(options, tun),
      maskedPaths: [...MASKED.map((name) => `/proc/${name}`), '/sys/firmware'],
      readonlyPaths: READ_ONLY.map((name) => `/proc/${name}`),
      seccomp: seccompProfile({ netfilter: options.requires.includes('nft') }),
    },
  };
}
