import { spawn } from 'node:child_process';
import { closeSync, openSync, readlinkSync } from 'node:fs';
import { machinePath } from '../../src/linux/netns/machine-path.js';
import { enterArgv } from '../../src/linux/netns/enter.js';
import { HostHandle } from '../../src/linux/netns/host-handle.js';
import { parseAddrs, parseLinks, parseRoutes } from '../../src/linux/netns/ip-json.js';
import { openNamedNetns } from '../../src/linux/netns/named-netns.js';
import { NetnsError } from '../../src/linux/netns/netns-error.js';
import { resolvePeer } from '../../src/linux/netns/peers.js';
import { ping } from '../../src/linux/netns/ping.js';
import { ResidentIp } from '../../src/linux/netns/resident-ip.js';
import { SandboxNetwork } from '../../src/linux/netns/sandbox-network.js';
import { startWitness } from '../../src/linux/netns/witness.js';
import { commandLine, isRunning } from '../../src/linux/process-state.js';
import { describeWith } from '../support/capability.js';
import { FakeHost, PAIR } from './grading-fake-host.js';

const now = () => performance.now();
const tick = () => new Promise((resolve) => setTimeout(resolve, 10));

describeWith(['root'], 'entering namespaces of a lab host', () => {
  let host: FakeHost;
  let handle: HostHandle;
  let network: SandboxNetwork;

  beforeEach(async () => {
    host = await FakeHost.start();
    handle = HostHandle.open(host.initPid);
    network = new SandboxNetwork(handle, { now });
  });

  afterEach(async () => {
    network.close();
    handle.close();
    await host.stop();
  });

  it('reads links, addresses and routes of named namespaces and of the main one', async () => {
    host.run(PAIR);
    const names = network.list().entries.map((e) => e.name);
    expect(names).toEqual(['green', 'red']);
    const red = parseLinks(await network.read('red', 'link'));
    const green = parseLinks(await network.read('green', 'link'));
    const main = parseLinks(await network.read('main', 'link'));
    expect(main.map((l) => l.ifname)).toEqual(['lo']);
    const eth = red.find((l) => l.ifname === 'eth0-r')!;
    expect(eth).toMatchObject({ kind: 'veth', up: true, carrier: true });
    const known = new Map([
      ['red', red],
      ['green', green],
      ['main', main],
    ]);
    expect(resolvePeer('red', eth, known)).toEqual({ ns: 'green', ifname: 'eth0-g' });
    expect(parseAddrs(await network.read('red', 'addr'))).toContainEqual({
      ifname: 'eth0-r',
      family: 'inet',
      local: '10.0.0.1',
      prefixlen: 24,
      scope: 'global',
    });
    expect(parseRoutes(await network.read('red', 'route'))).toMatchObject([
      { dst: '10.0.0.0/24', dev: 'eth0-r' },
    ]);
    expect(await network.read('blue', 'link')).toBeUndefined();
  });

  it('serves many reads from one resident, in well under a millisecond each', async () => {
    host.run('ip netns add red');
    await network.read('red', 'link');
    const started = now();
    for (let i = 0; i < 100; i++) await network.read('red', 'link');
    expect(network.size).toBe(1);
    expect(now() - started).toBeLessThan(1000);
  });

  it('hears of changes in the main namespace and in those that are wired to it', async () => {
    host.run('ip netns add red; ip link add va type veth peer name vb; ip link set va netns red');
    let heard: () => void = () => undefined;
    const next = () => new Promise<void>((resolve) => (heard = resolve));
    const news = next();
    await network.watch(() => heard());
    // The monitor tells nothing of itself, so changes are made until it hears one.
    let running = true;
    void news.then(() => (running = false));
    for (let i = 0; running && i < 100; i++) {
      host.run(`ip link set vb ${i % 2 === 0 ? 'up' : 'down'}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await news;
    // Past the pause after news, so that the next can only be of what follows.
    await new Promise((resolve) => setTimeout(resolve, 200));
    const inside = next();
    host.run('ip -n red addr add 10.9.9.9/24 dev va');
    await inside;
  });

  it('leaves no helper behind when the service is killed', async () => {
    const [program, ...args] = enterArgv('ip', ['monitor', 'link']);
    // As the service would start it: in a group of its own, by a process that is then killed.
    const parent = spawn(
      process.execPath,
      [
        '-e',
        `const c = require('child_process').spawn(${JSON.stringify(program)}, ${JSON.stringify(args)},
          { stdio: ['ignore', 'ignore', 'ignore', 3, 4], detached: true }); console.log(c.pid); setInterval(() => 0, 1e6)`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit', handle.mainNetns, handle.userNs] },
    );
    const pid = await new Promise<number>((resolve) => {
      parent.stdout!.once('data', (bytes: Buffer) => resolve(Number(bytes.toString())));
    });
    // The steps of the entry carry the helper's words too, at their end: only the last program is alone with them.
    const helper = () => (commandLine(pid) ?? []).join(' ');
    const monitor = `${machinePath('ip')} monitor link`;
    try {
      for (let i = 0; i < 2000 && helper() !== monitor; i++) await tick();
      expect(helper()).toBe(monitor);
      parent.kill('SIGKILL');
      for (let i = 0; i < 2000 && isRunning(pid); i++) await tick();
      expect(isRunning(pid)).toBe(false);
    } finally {
      parent.kill('SIGKILL');
      if (helper() === monitor) process.kill(pid, 'SIGKILL');
    }
  }, 30_000);

  it('lets a deleted namespace end', async () => {
    host.run(PAIR);
    await network.read('red', 'link');
    host.run('ip netns del red');
    network.list();
    expect(network.size).toBe(0);
    await network.read('green', 'link');
    // The far end vanishes with its namespace, once nothing holds it.
    for (let i = 0; i < 200; i++) {
      if (parseLinks(await network.read('green', 'link')).length === 1) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error('eth0-g is still there 2 s after red was deleted');
  });

  it('holds the net_admin and net_raw capabilities alone, inside the user namespace of the lab host', async () => {
    const resident = await ResidentIp.start({ netns: handle.mainNetns, userNs: handle.userNs });
    await resident.read('link');
    const status = (await import('node:fs')).readFileSync(`/proc/${resident.pid}/status`, 'utf8');
    expect(/CapEff:\s*(\w+)/.exec(status)?.[1]).toBe('0000000000003000');
    expect(/CapBnd:\s*(\w+)/.exec(status)?.[1]).toBe('0000000000003000');
    expect(/NoNewPrivs:\s*(\d)/.exec(status)?.[1]).toBe('1');
    expect(readlinkSync(`/proc/${resident.pid}/ns/user`)).toBe(readlinkSync(`/proc/${host.initPid}/ns/user`));
    expect(readlinkSync(`/proc/${resident.pid}/ns/mnt`)).toBe(readlinkSync('/proc/self/ns/mnt'));
    resident.close();
    expect(isRunning(resident.pid)).toBeDefined();
  });

  it('never takes a reused pid for the lab host, as lookups through its folder fail once it ended', async () => {
    host.run('ip netns add red');
    await host.stop();
    expect(() => openNamedNetns(handle, 'red')).toThrow();
    await expect(network.read('red', 'link')).rejects.toThrow(NetnsError);
  });

  it("is refused by the kernel with a handle of the machine's own namespace", async () => {
    const own = openSync('/proc/self/ns/net', 'r');
    const resident = await ResidentIp.start({ netns: own, userNs: handle.userNs });
    closeSync(own);
    await expect(resident.read('link')).rejects.toMatchObject({ cause_: 'tenant', code: 'refused' });
  });

  it("is refused by the kernel with a handle of another lab host's namespace", async () => {
    const other = await FakeHost.start();
    const foreign = HostHandle.open(other.initPid);
    const resident = await ResidentIp.start({ netns: foreign.mainNetns, userNs: handle.userNs });
    await expect(resident.read('link')).rejects.toMatchObject({ cause_: 'tenant', code: 'refused' });
    foreign.close();
    await other.stop();
  });

  it('pings with a witness on the far interface, in well under a second', async () => {
    host.run(PAIR);
    const red = openNamedNetns(handle, 'red');
    const green = openNamedNetns(handle, 'green');
    const pattern = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
    const started = now();
    const witness = await startWitness(
      { netns: green.fd, userNs: handle.userNs },
      { ifname: 'eth0-g', address: '10.0.0.2', pattern },
    );
    const listening = now() - started;
    const result = await ping(
      { netns: red.fd, userNs: handle.userNs },
      { address: '10.0.0.2', count: 3, pattern },
    );
    expect(result).toMatchObject({ sent: 3, received: 3 });
    expect(await witness.count(3)).toBe(3);
    const took = now() - started;
    process.stderr.write(
      `ping with witness: ${Math.round(took)} ms, of it ${Math.round(listening)} ms to listen\n`,
    );
    expect(took).toBeLessThan(1000);
    closeSync(red.fd);
    closeSync(green.fd);
  });
});
