import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { silentLogger } from '../../src/common/logger.js';
import { commandLine, isRunning } from '../../src/linux/process-state.js';
import { findOutside, isJoined, startOutside } from '../../src/linux/netns/outside.js';
import { describeWith } from '../support/capability.js';
import { hostSnapshot, settledSnapshot } from '../support/host-snapshot.js';
import { makeOciLab, provision, within, type OciLab } from '../support/lab-host.js';

const SPEC = { requires: ['netns' as const, 'nft' as const, 'uplink' as const] };

describeWith(['root', 'runc'], 'the uplink of a lab host', () => {
  let lab: OciLab;

  beforeAll(async () => {
    lab = makeOciLab();
    await lab.driver.list(within());
  });

  afterAll(() => lab.remove());

  const make = (id: string, slot: number) => provision(lab.driver, id, { ...SPEC, slot });
  const group = (id: string) => `/wheelhouse/${lab.installId}/wh-${id}-1`;
  const addresses = (id: string) =>
    lab.inside(id, 'ip -br addr; ip route; cat /proc/sys/net/ipv4/ip_forward');
  const curl = (id: string) => lab.inside(id, 'curl -s -m 5 http://198.51.100.1/any/path');

  it('is an interface with an address and a web server behind it, however often it is made', async () => {
    const before = hostSnapshot(lab);
    const facts = await make('upa', 0);
    const seen = await addresses('upa');
    expect(seen).toMatch(/^uplink0@if\d+\s+UP\s+198\.51\.100\.2\/24\s*$/m);
    expect(seen).not.toContain('default');
    expect(seen.trimEnd().endsWith('\n0')).toBe(true);
    expect(await curl('upa')).toBe('Hello from outside. You come from 198.51.100.2.\n');
    const { pid } = findOutside(group('upa'))!;
    expect(await make('upa', 0)).toEqual(facts);
    await lab.driver.uplink('upa', 1, within());
    expect(findOutside(group('upa'))!.pid).toBe(pid);
    expect(await addresses('upa')).toBe(seen);
    // Neither end is ever an interface of the machine, and the lab host cannot name the namespace.
    expect(readdirSync('/sys/class/net').filter((name) => /^(uplink|out)0/.test(name))).toEqual([]);
    expect(await lab.inside('upa', 'ls -A /run/netns')).toBe('');
    await lab.driver.destroy('upa', within());
    expect(isRunning(pid)).toBe(false);
    expect(await settledSnapshot(lab, before)).toEqual(before);
  });

  it('leads nowhere: neither to the machine nor to the uplink of another sandbox', async () => {
    await make('upb', 1);
    await make('upc', 2);
    const { pid } = findOutside(group('upb'))!;
    const other = findOutside(group('upc'))!;
    const netOf = (p: number) => readlinkSync(`/proc/${p}/ns/net`);
    expect(new Set([netOf(pid), netOf(other.pid), netOf(process.pid)]).size).toBe(3);
    const devices = readFileSync(`/proc/${pid}/net/dev`, 'utf8').match(/^\s*\w+(?=:)/gm)!;
    expect(devices.map((name) => name.trim()).filter((name) => name === 'lo' || name.endsWith('0'))).toEqual(
      expect.arrayContaining(['lo', 'out0']),
    );
    // One route, to the network of the pair.
    expect(readFileSync(`/proc/${pid}/net/route`, 'utf8').trimEnd().split('\n').slice(1)).toEqual([
      expect.stringMatching(/^out0\t006433C6\t00000000\t/),
    ]);
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    expect(/CapEff:\s*(\w+)/.exec(status)?.[1]).toBe('0000000000000400');
    expect(/CapBnd:\s*(\w+)/.exec(status)?.[1]).toBe('0000000000000400');
    expect(/NoNewPrivs:\s*(\d)/.exec(status)?.[1]).toBe('1');
    expect(/Uid:\s*(\d+)/.exec(status)?.[1]).toBe('65534');
    const machine = '198.51.100.1 dev uplink0';
    await lab.inside('upb', `ip route add default via ${machine}`);
    const own = Object.values((await import('node:os')).networkInterfaces())
      .flat()
      .find((a) => a?.family === 'IPv4' && !a.internal)?.address;
    for (const address of [own ?? '192.0.2.1', '198.51.100.77', '192.0.2.1'])
      expect(
        await lab.inside('upb', `ping -c 1 -W 1 ${address} >/dev/null 2>&1 && echo yes || echo no`),
      ).toBe('no\n');
    await Promise.all(['upb', 'upc'].map((id) => lab.driver.destroy(id, within())));
  });

  it('survives a restart of the service', async () => {
    await make('upd', 3);
    const { pid } = findOutside(group('upd'))!;
    await lab.restart();
    await lab.driver.uplink('upd', 1, within());
    expect(findOutside(group('upd'))!.pid).toBe(pid);
    expect(await curl('upd')).toContain('198.51.100.2');
  });

  it.each([
    ['the learner deleted their end', () => lab.inside('upd', 'ip link delete uplink0')],
    [
      'the learner put another interface in its place',
      () => lab.inside('upd', 'ip link delete uplink0; ip link add uplink0 type bridge'),
    ],
    [
      'a start was killed in the middle',
      () => {
        const net = `--net=/proc/${findOutside(group('upd'))!.pid}/ns/net`;
        return Promise.resolve(execFileSync('nsenter', [net, 'ip', 'link', 'set', 'out0', 'down']));
      },
    ],
    [
      'what is behind it has ended',
      () => Promise.resolve(process.kill(findOutside(group('upd'))!.pid, 'SIGKILL')),
    ],
  ])('is made anew after %s', async (_what, harm) => {
    const before = findOutside(group('upd'))!;
    await harm();
    for (let i = 0; i < 1000 && isRunning(before.pid) && isJoined(before); i++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    await lab.driver.uplink('upd', 1, within());
    expect(await addresses('upd')).toMatch(/^uplink0@if\d+\s+UP\s+198\.51\.100\.2\/24\s*$/m);
    expect(await curl('upd')).toContain('198.51.100.2');
  });

  it('is left as it is where the learner changed it', async () => {
    await lab.inside(
      'upd',
      'ip link set uplink0 down; ip addr flush dev uplink0; ip link set uplink0 name other',
    );
    await lab.driver.uplink('upd', 1, within());
    expect(await lab.inside('upd', 'ip -br link')).not.toContain('uplink0');
    expect(await lab.inside('upd', 'ip -br link show dev other')).toContain('DOWN');
    await lab.inside('upd', 'ip link delete other');
    await lab.driver.uplink('upd', 1, within());
  });

  it('answers while somebody keeps all its connections open, once these have had their time', async () => {
    await lab.inside(
      'upd',
      `for i in $(seq 16); do setsid nc 198.51.100.1 80 </dev/zero >/dev/null 2>&1 & done
       for i in $(seq 40); do setsid sh -c 'sleep 20 | nc 198.51.100.1 80' >/dev/null 2>&1 & done; true`,
    );
    expect(await lab.inside('upd', 'curl -s -m 30 http://198.51.100.1/')).toContain('198.51.100.2');
  }, 60_000);

  it('is told by nothing that a process of the lab host calls itself', async () => {
    const real = findOutside(group('upd'))!;
    const [, , script = ''] = commandLine(real.pid)!;
    await lab.inside(
      'upd',
      `setsid bash -c 'exec -a /usr/bin/perl sleep 100' -e x wheelhouse-outside >/dev/null 2>&1 </dev/null & true`,
    );
    expect(script).toContain('Hello from outside');
    expect(findOutside(group('upd'))!.pid).toBe(real.pid);
  });

  it('is not started for a lab host that is gone', async () => {
    const signal = AbortSignal.timeout(10_000);
    await expect(startOutside({ group: group('none'), name: 'wh-none-1', signal })).rejects.toThrow(
      'no control group',
    );
    await expect(lab.driver.uplink('none', 1, within())).rejects.toMatchObject({ code: 'not_found' });
  });

  it('goes with its step, also when that never ran', async () => {
    const step = lab.driver.plan('upd', 1, { ...SPEC, slot: 3 }).steps.find((s) => s.name === 'host.uplink')!;
    const undo = {
      ...within(),
      id: 'upd',
      attempt: 1,
      facts: {},
      note: () => undefined,
      logger: silentLogger,
    };
    const { pid } = findOutside(group('upd'))!;
    for (let round = 0; round < 2; round += 1) await step.undo(undo);
    for (let i = 0; i < 1000 && isRunning(pid); i++) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(findOutside(group('upd'))).toBeUndefined();
    await lab.driver.destroy('upd', within());
    expect(existsSync(`/proc/${pid}`) && isRunning(pid)).toBe(false);
  });
});
