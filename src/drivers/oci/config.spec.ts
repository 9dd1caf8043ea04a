import type { HostCapability } from '../host-driver.js';
import { hostConfig, type ConfigOptions } from './config.js';
import { ConfigTemplates } from './config-template.js';
import { USER_CAPS } from './limits.js';

interface Config {
  process: { args: string[]; capabilities: Record<string, string[]>; noNewPrivileges: boolean };
  root: { path: string; readonly: boolean };
  mounts: { destination: string; source: string; options: string[] }[];
  linux: {
    namespaces: { type: string; path?: string }[];
    uidMappings: object[];
    resources: { memory: object; pids: object; devices: { allow: boolean; major?: number }[] };
    seccomp: { defaultAction: string; syscalls: { names: string[]; action: string; args?: object[] }[] };
  };
}

function build(requires: HostCapability[], swap = true, more: Partial<ConfigOptions> = {}): Config {
  return hostConfig({
    name: 'wh-aaa-1',
    id: 'aaa',
    attempt: '1',
    installId: 'test',
    rootfs: '/view/image',
    view: '/view/hosts',
    cgroup: '/wheelhouse/test/wh-aaa-1',
    firstId: 65536,
    requires,
    swap,
    link: false,
    ...more,
  }) as Config;
}

const destinations = (config: Config): string[] => config.mounts.map((mount) => mount.destination);
const rulesFor = (config: Config, call: string) =>
  config.linux.seccomp.syscalls.filter((rule) => rule.names.includes(call));

const verdict = (requires: HostCapability[]) =>
  rulesFor(build(requires), 'socket').find((rule) => JSON.stringify(rule.args).includes('"value":12'))
    ?.action;

describe('ConfigTemplates', () => {
  it('fill in what building anew would give', () => {
    const fixed = { installId: 'test', rootfs: '/view/image', view: '/view/hosts', swap: true };
    const templates = new ConfigTemplates({ ...fixed, cgroup: (name) => `/wheelhouse/test/${name}` });
    for (const requires of [['netns'], ['ovs', 'nft'], ['netns']] as HostCapability[][]) {
      const host = { name: 'wh-aaa-1', id: 'aaa', attempt: '1', firstId: 65536, requires };
      expect(JSON.parse(templates.textFor({ ...host, link: false }))).toEqual(build(requires));
      const linked = { link: true, tools: '/view/hosts/.tools/1' };
      expect(JSON.parse(templates.textFor({ ...host, ...linked }))).toEqual(build(requires, true, linked));
    }
  });
});

describe('the OCI configuration of a lab host', () => {
  it('makes every namespace anew and joins none', () => {
    const { namespaces } = build(['netns']).linux;
    expect(namespaces.map((namespace) => namespace.type)).toEqual(
      expect.arrayContaining(['user', 'network', 'pid', 'mount', 'ipc', 'uts', 'cgroup']),
    );
    expect(namespaces.some((namespace) => namespace.path !== undefined)).toBe(false);
  });

  it('mounts the second sysfs before the read-only one, and writable, or nested namespaces fail', () => {
    const config = build(['netns']);
    expect(destinations(config).indexOf('/dev/.nested/sys')).toBeLessThan(
      destinations(config).indexOf('/sys'),
    );
    expect(config.mounts.find((mount) => mount.destination === '/dev/.nested/sys')?.options).not.toContain(
      'ro',
    );
  });

  it('binds nothing of the machine but its own views', () => {
    const config = build(['netns', 'ovs']);
    const binds = config.mounts.filter((mount) => mount.options.includes('bind'));
    expect(binds.map((mount) => mount.source)).toEqual(['/view/hosts/.dev/tun', '/view/hosts/wh-aaa-1/pub']);
    expect(config.root).toEqual({ path: '/view/image', readonly: true });
  });

  it('gives the tun device to labs with Open vSwitch alone', () => {
    expect(destinations(build(['netns']))).not.toContain('/dev/net/tun');
    expect(build(['netns']).linux.resources.devices.some((device) => device.major === 10)).toBe(false);
    expect(build(['ovs']).linux.resources.devices.some((device) => device.major === 10)).toBe(true);
  });

  it('gives more memory to labs with Open vSwitch, and never swap', () => {
    expect(build(['netns']).linux.resources.memory).toEqual({ limit: 256 << 20, swap: 256 << 20 });
    expect(build(['ovs'], false).linux.resources.memory).toEqual({ limit: 384 << 20 });
  });

  it('hands every cap to init', () => {
    const { args } = build(['netns']).process;
    for (const [name, value] of Object.entries(USER_CAPS)) expect(args).toContain(`user.${name}=${value}`);
  });

  it('never grants what reaches beyond the user namespace', () => {
    const { capabilities, noNewPrivileges } = build(['netns', 'ovs', 'nft']).process;
    const granted = Object.values(capabilities).flat();
    for (const name of [
      'SYS_MODULE',
      'SYS_PTRACE',
      'SYS_RAWIO',
      'MKNOD',
      'SETUID',
      'SETGID',
      'BPF',
      'SYS_BOOT',
    ]) {
      expect(granted).not.toContain(`CAP_${name}`);
    }
    expect(capabilities['inheritable']).toEqual([]);
    expect(noNewPrivileges).toBe(true);
  });

  it('names no system call in two unconditional rules', () => {
    const plain = build(['nft']).linux.seccomp.syscalls.filter(
      (rule) => rule.args === undefined || rule.args.length === 0,
    );
    const names = plain.flatMap((rule) => rule.names);
    expect(names).toHaveLength(new Set(names).size);
  });

  it('allows new user namespaces and remounts under no condition', () => {
    for (const call of ['clone', 'unshare', 'mount']) {
      const rules = rulesFor(build(['netns']), call);
      expect(rules.map((rule) => rule.action)).toEqual(['SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO']);
      expect(rules.every((rule) => rule.args?.length === 1)).toBe(true);
    }
  });

  it('opens netfilter sockets to labs that ask for nft alone', () => {
    expect(verdict(['netns'])).toBe('SCMP_ACT_ERRNO');
    expect(verdict(['nft'])).toBe('SCMP_ACT_ALLOW');
  });
});
