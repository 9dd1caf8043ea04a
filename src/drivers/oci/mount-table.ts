import { DELEGATED_POINT } from './delegated.js';

/** Where programs that are not of the image appear; the image has the empty folder, and PATH names it first. */
export const TOOLS_POINT = '/usr/local/lib/wheelhouse/bin';

interface Mount {
  destination: string;
  type: string;
  source: string;
  options: string[];
}

function tmpfs(destination: string, mode: string, size: string, ...more: string[]): Mount {
  const limits = [`mode=${mode}`, `size=${size}`, size.endsWith('k') ? 'nr_inodes=256' : 'nr_inodes=16k'];
  return { destination, type: 'tmpfs', source: 'tmpfs', options: ['nosuid', ...more, ...limits] };
}

function delegated(source: string): Mount {
  const options = ['bind', 'nosuid', 'nodev', 'noexec'];
  return { destination: DELEGATED_POINT, type: 'bind', source, options };
}

const SYSFS = ['nosuid', 'nodev', 'noexec'];

export interface MountOptions {
  /** Read-only view of the folder with the bundles and device nodes. */
  view: string;
  name: string;
  tun: boolean;
  /** Folder of more programs, in the view. */
  tools: string | undefined;
  /** Control group that is handed to the lab host. */
  delegated: string | undefined;
}

/** Mounts of a lab host, in the order in which the runtime makes them. Writable ones are bounded and cost its memory. */
export function mountTable(options: MountOptions): Mount[] {
  const { view, name } = options;
  const tun = {
    destination: '/dev/net/tun',
    type: 'bind',
    source: `${view}/.dev/tun`,
    options: ['bind', 'nosuid', 'noexec'],
  };
  const tools = {
    destination: TOOLS_POINT,
    type: 'bind',
    source: options.tools ?? '',
    options: ['bind', 'ro', 'nosuid', 'nodev'],
  };
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: SYSFS },
    tmpfs('/dev', '755', '64k', 'noexec', 'strictatime'),
    // `ip netns exec` mounts a fresh sysfs, which a user namespace may only while another one is fully visible. It
    // has to come before /sys and be writable, else the kernel does not count it.
    { destination: '/dev/.nested/sys', type: 'sysfs', source: 'sysfs', options: SYSFS },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...SYSFS, 'ro'] },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'max=8'],
    },
    ...(options.tun ? [tun] : []),
    tmpfs('/root', '700', '32m', 'nodev'),
    tmpfs('/run', '755', '16m', 'nodev'),
    tmpfs('/tmp', '1777', '64m', 'nodev'),
    tmpfs('/var', '755', '64m', 'nodev'),
    tmpfs('/etc/netns', '755', '1m', 'nodev', 'noexec'),
    tmpfs('/etc/openvswitch', '755', '8m', 'nodev', 'noexec'),
    {
      destination: '/run/wheelhouse',
      type: 'bind',
      source: `${view}/${name}/pub`,
      options: ['bind', 'ro', 'nosuid', 'nodev', 'noexec'],
    },
    ...(options.tools === undefined ? [] : [tools]),
    ...(options.delegated === undefined ? [] : [delegated(options.delegated)]),
  ];
}
