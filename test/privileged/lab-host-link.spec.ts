import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Fence } from '../../src/linux/fence/fence.js';
import { silentLogger } from '../../src/common/logger.js';
import { describeWith } from '../support/capability.js';
import { makeOciLab, provision, within, type OciLab } from '../support/lab-host.js';

const BRIDGE = 'whblinktest';
const NETWORK = { bridge: BRIDGE, hostCidr: '10.251.76.2/26' };

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });
const exists = (name: string): boolean => existsSync(`/sys/class/net/${name}`);
const masterOf = (port: string): string =>
  exists(port) && existsSync(`/sys/class/net/${port}/master`)
    ? path.basename(execFileSync('readlink', [`/sys/class/net/${port}/master`], { encoding: 'utf8' }).trim())
    : '';

function makeBridge(): void {
  ip('link', 'add', BRIDGE, 'type', 'bridge');
  ip('address', 'add', '10.251.76.1/26', 'dev', BRIDGE);
  ip('link', 'set', BRIDGE, 'up');
}

describeWith(['root', 'runc'], 'the link of a lab host', () => {
  let lab: OciLab;
  let fence: Fence;
  let kubectl: string;
  const spec = (slot: number) => ({ slot, requires: ['netns' as const], link: true });

  beforeAll(async () => {
    kubectl = mkdtempSync('/var/tmp/wheelhouse-kubectl-');
    writeFileSync(path.join(kubectl, 'kubectl'), '#!/bin/sh\necho the cluster’s own\n');
    lab = makeOciLab({ kubectl: path.join(kubectl, 'kubectl') });
    fence = new Fence(lab);
    await fence.addBridge({ bridge: BRIDGE, sandbox: 'wh-link-1' });
    makeBridge();
  });

  afterAll(async () => {
    if (exists(BRIDGE)) ip('link', 'delete', BRIDGE);
    await fence.removeBridge(BRIDGE);
    await lab.remove();
    rmSync(kubectl, { recursive: true });
    expect(execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' })).not.toContain(fence.table);
  });

  const make = (id: string, slot: number) => provision(lab.driver, id, spec(slot), 1, NETWORK);
  const ping = (id: string) => lab.inside(id, 'ping -c 1 -W 2 10.251.76.1 || true');
  const peer = (id: string) =>
    lab.inside(id, 'ip -br addr show dev mgmt0; ip route; cat /sys/class/net/mgmt0/address');

  it('is one port of the bridge, with a fence, an owner and fixed addresses, however often it is made', async () => {
    const facts = await make('lka', 0);
    const seen = await peer('lka');
    expect(seen).toMatch(/^mgmt0@if\d+\s+UP\s+10\.251\.76\.2\/26\s*\n/);
    expect(seen).toMatch(/\n0a(:[0-9a-f]{2}){5}\n$/);
    expect(seen).not.toContain('default');
    expect(masterOf('whvlka1')).toBe(BRIDGE);
    expect(readFileSync('/sys/class/net/whvlka1/ifalias', 'utf8')).toBe(
      `wheelhouse.install=${lab.installId} wheelhouse.sandbox=wh-lka-1 wheelhouse.part=link\n`,
    );
    expect(await fence.ports()).toEqual(['whvlka1']);
    const index = readFileSync('/sys/class/net/whvlka1/ifindex', 'utf8');
    expect(await make('lka', 0)).toEqual(facts);
    expect(await peer('lka')).toBe(seen);
    expect(readFileSync('/sys/class/net/whvlka1/ifindex', 'utf8')).toBe(index);
  });

  it('is joined again, without a new one, after its bridge was made anew', async () => {
    const index = readFileSync('/sys/class/net/whvlka1/ifindex', 'utf8');
    ip('link', 'delete', BRIDGE);
    expect(masterOf('whvlka1')).toBe('');
    await expect(lab.driver.link('lka', 1, NETWORK, within())).rejects.toMatchObject({ code: 'not_found' });
    makeBridge();
    await lab.driver.link('lka', 1, NETWORK, within());
    expect(masterOf('whvlka1')).toBe(BRIDGE);
    expect(readFileSync('/sys/class/net/whvlka1/ifindex', 'utf8')).toBe(index);
  });

  it('follows a network that has another address', async () => {
    await lab.driver.link('lka', 1, { bridge: BRIDGE, hostCidr: '10.251.76.5/26' }, within());
    expect(await peer('lka')).toContain('10.251.76.5/26');
    expect(await peer('lka')).not.toContain('10.251.76.2/26');
    await lab.driver.link('lka', 1, NETWORK, within());
    expect(await peer('lka')).toContain('10.251.76.2/26');
  });

  it.each([
    ['deleted', 'ip link delete mgmt0'],
    ['renamed', 'ip link set mgmt0 down; ip link set mgmt0 name other'],
    ['moved', 'ip netns add deep && ip link set mgmt0 netns deep'],
    ['replaced', 'ip link delete mgmt0; ip link add mgmt0 type bridge'],
    ['readdressed', 'ip address flush dev mgmt0; ip link set mgmt0 address 02:00:00:00:00:99'],
  ])('is made anew after the learner %s its end', async (_what, command) => {
    await lab.inside('lka', command);
    await lab.driver.link('lka', 1, NETWORK, within());
    expect(await peer('lka')).toMatch(/^mgmt0@if\d+\s+UP\s+10\.251\.76\.2\/26/);
    expect(masterOf('whvlka1')).toBe(BRIDGE);
  });

  it('of a start that was killed in the middle is made anew', async () => {
    ip('link', 'delete', 'whvlka1');
    ip('link', 'add', 'whvlka1', 'type', 'veth', 'peer', 'name', 'whvrest');
    await lab.driver.link('lka', 1, NETWORK, within());
    expect(exists('whvrest')).toBe(false);
    expect(await peer('lka')).toContain('10.251.76.2/26');
  });

  it('shows the kubectl of the cluster before that of the image, and nobody can change it', async () => {
    expect(await lab.inside('lka', 'kubectl')).toBe('the cluster’s own\n');
    expect(await lab.inside('lka', 'bash -lc "type -p kubectl"')).toBe(
      '/usr/local/lib/wheelhouse/bin/kubectl\n',
    );
    const attack = 'mount -o remount,bind,rw $d; echo x >> $d/kubectl; echo x > $d/more';
    await lab.inside('lka', `d=/usr/local/lib/wheelhouse/bin; (${attack}) 2>/dev/null; true`);
    expect(await lab.inside('lka', 'kubectl; ls /usr/local/lib/wheelhouse/bin')).toBe(
      'the cluster’s own\nkubectl\n',
    );
  });

  it('leaves nothing when the sandbox is destroyed, or its step undone', async () => {
    await lab.driver.destroy('lka', within());
    expect(exists('whvlka1')).toBe(false);
    expect(await fence.ports()).toEqual([]);
    await make('lkb', 1);
    const undo = {
      ...within(),
      id: 'lkb',
      attempt: 1,
      facts: {},
      note: () => undefined,
      logger: silentLogger,
    };
    const step = lab.driver.plan('lkb', 1, spec(1)).steps.at(-1);
    for (let round = 0; round < 2; round += 1) await step?.undo(undo);
    expect(exists('whvlkb1')).toBe(false);
    expect(await fence.ports()).toEqual([]);
    expect(await lab.inside('lkb', 'ls /sys/class/net')).not.toContain('mgmt0');
    await lab.driver.destroy('lkb', within());
  });

  it('leaves nothing when only its fence is left, also to a service that never made it', async () => {
    await make('lkc', 2);
    rmSync(path.join(lab.stateDir, 'hosts/wh-lkc-1'), { recursive: true });
    execFileSync('runc', [
      '--root',
      `/run/wheelhouse/${lab.installId}/runtime`,
      'delete',
      '--force',
      'wh-lkc-1',
    ]);
    await fence.addPort({
      port: 'whvlkd1',
      mac: '0a:00:00:00:00:01',
      address: '10.251.76.9',
      sandbox: 'wh-lkd-1',
    });
    await lab.restart();
    for (const id of ['lkc', 'lkd']) await lab.driver.destroy(id, within());
    expect(await fence.ports()).toEqual([]);
    expect(readdirSync('/sys/class/net').filter((name) => name.startsWith('whvlk'))).toEqual([]);
  });

  it('is refused where it would be open, or not ours', async () => {
    await make('lke', 3);
    const network = { ...NETWORK, bridge: 'whblinkopen' };
    ip('link', 'add', network.bridge, 'type', 'bridge');
    await expect(lab.driver.link('lke', 1, network, within())).rejects.toThrow('has no fence');
    ip('link', 'delete', network.bridge);
    ip('link', 'delete', 'whvlke1');
    ip('link', 'add', 'whvlke1', 'type', 'bridge');
    ip('link', 'set', 'whvlke1', 'alias', 'of somebody else');
    await expect(lab.driver.link('lke', 1, NETWORK, within())).rejects.toMatchObject({ code: 'conflict' });
    await lab.driver.destroy('lke', within());
    expect(exists('whvlke1')).toBe(true);
    ip('link', 'delete', 'whvlke1');
    expect(() => lab.driver.plan('a'.repeat(12), 1, spec(4))).toThrow('more than 15 letters');
  });

  it('gives the lab host room for kubectl, and costs others nothing', async () => {
    const memory = (link: boolean) => lab.driver.plan('lkf', 1, { ...spec(5), link }).cost.limit.memMiB;
    expect([memory(true), memory(false)]).toEqual([384, 256]);
    await make('lkf', 5);
    expect(await ping('lkf')).toContain('100% packet loss');
    const config = readFileSync(path.join(lab.stateDir, 'hosts/wh-lkf-1/config.json'), 'utf8');
    expect(JSON.parse(config)).toMatchObject({ linux: { resources: { memory: { limit: 384 << 20 } } } });
    await lab.driver.destroy('lkf', within());
  });
});
