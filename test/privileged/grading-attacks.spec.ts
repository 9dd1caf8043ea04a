import { closeSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import type { Json } from '../../src/grading/json.js';
import { seen } from '../../src/grading/observation.js';
import type { ProbeCall } from '../../src/grading/probes/calls.js';
import { HostProber } from '../../src/grading/probes/host-prober.js';
import { readLabFolder } from '../../src/labs/lab-folder.js';
import { loadLab } from '../../src/labs/lab-loader.js';
import { dryRun } from '../../src/labs/lint/dry-run.js';
import { prepareLab, type PreparedLab } from '../../src/labs/prepared-lab.js';
import { HostHandle } from '../../src/linux/netns/host-handle.js';
import { ResidentIp } from '../../src/linux/netns/resident-ip.js';
import { SandboxNetwork } from '../../src/linux/netns/sandbox-network.js';
import { describeWith } from '../support/capability.js';
import { makeOciLab, provision, type OciLab } from '../support/lab-host.js';

/** The wiring of the lab, all but the switch. */
const WIRE = `
set -e
ip netns add red; ip netns add green
ip link add eth0-r type veth peer name veth-r; ip link set eth0-r netns red
ip link add eth0-g type veth peer name veth-g; ip link set eth0-g netns green
ip link set veth-r up; ip link set veth-g up
ip -n red link set lo up; ip -n red link set eth0-r up; ip -n red addr add 10.0.0.1/24 dev eth0-r
ip -n green link set eth0-g up; ip -n green addr add 10.0.0.2/24 dev eth0-g
`;
const SWITCH = 'ovs-vsctl add-br ovs1 && ovs-vsctl add-port ovs1 veth-r && ovs-vsctl add-port ovs1 veth-g';

interface Host {
  id: string;
  pid: number;
  handle: HostHandle;
  prober: HostProber;
  inside(command: string): Promise<string>;
  look(calls: Record<string, ProbeCall>): ReturnType<HostProber['look']>;
}

const LIST = { ns: { probe: 'netns.list', params: {} } } as const;
const OVS = { ovs: { probe: 'ovs.bridges', params: {} } } as const;
const RED = { lr: { probe: 'netns.links', params: { ns: 'red' } } } as const;
const PING: ProbeCall = {
  probe: 'net.ping',
  params: {
    from: 'red',
    to: { ns: 'green', addr: '10.0.0.2' },
    count: 3,
    via: [{ ns: 'main', ifname: 'veth-r' }],
  },
};

describeWith(['root', 'runc', 'ovs'], 'attacks on the grader from inside a lab host', () => {
  let oci: OciLab;
  let lab: PreparedLab;
  let host: Host;
  let slot = 0;

  async function start(): Promise<Host> {
    const id = `atk${slot}`;
    const facts = await provision(oci.driver, id, { slot: slot++, requires: ['netns', 'ovs'] });
    const pid = Number(facts['initPid']);
    const handle = HostHandle.open(pid);
    const prober = new HostProber({
      handle,
      network: new SandboxNetwork(handle, { now: () => performance.now() }),
    });
    const inside = (command: string) => oci.inside(id, command);
    return { id, pid, handle, prober, inside, look: (calls) => prober.look(calls) };
  }

  /** Truth of every objective on what is really seen. */
  async function verdicts(from: Host): Promise<Record<string, string>> {
    const passive = Object.entries(lab.calls).filter(([, call]) => call.probe !== 'net.ping');
    const values = await from.look(Object.fromEntries(passive));
    for (const [name, call] of Object.entries(lab.calls)) {
      if (call.probe === 'net.ping') values[name] = await from.prober.act(call);
    }
    const observations = Object.fromEntries(Object.entries(values).map(([name, o]) => [name, o.value]));
    return dryRun(lab, { observations, past: {}, sandbox: {} });
  }

  const allPassed = (): Record<string, string> =>
    Object.fromEntries(lab.spec.objectives.map((objective) => [objective.id, 'T']));

  beforeAll(async () => {
    oci = makeOciLab();
    const loaded = loadLab('net-ovs-two-namespaces', await readLabFolder('labs/net-ovs-two-namespaces'));
    if (!loaded.ok) throw new Error('the lab does not load');
    lab = prepareLab(loaded.spec);
  });

  beforeEach(async () => {
    host = await start();
  });

  afterEach(() => host.prober.close());
  afterAll(() => oci.remove());

  it('refuses symbolic links to other namespaces without reading them, and still grades the rest', async () => {
    await host.inside(`${WIRE}
      ln -s /proc/1/ns/net /run/netns/evil; ln -s /proc/self/ns/net /run/netns/own; ln -s red /run/netns/alias`);
    const { ns } = await host.look(LIST);
    const by = Object.fromEntries(
      (ns!.value as { name: string; refused?: string }[]).map((e) => [e.name, e.refused]),
    );
    expect(by).toEqual({
      alias: 'symlink',
      evil: 'symlink',
      own: 'symlink',
      red: undefined,
      green: undefined,
    });
    const read = await host.look({ evil: { probe: 'netns.links', params: { ns: 'evil' } }, ...RED });
    expect(read['evil']!.fault).toMatchObject({ cause: 'tenant', code: 'refused' });
    expect(JSON.stringify(read['lr']!.value)).toContain('eth0-r');
  });

  it('gives nothing for red and green that are names of the main namespace, or of one and the same', async () => {
    await host.inside(
      'mkdir -p /run/netns; for n in red green; do touch /run/netns/$n; mount --bind /proc/self/ns/net /run/netns/$n; done',
    );
    const main = await host.look(LIST);
    expect(main['ns']!.value).toMatchObject([
      { name: 'green', main: true },
      { name: 'red', main: true },
    ]);
    expect((await verdicts(host))['namespaces']).toBe('F');
    await host.inside(
      'umount /run/netns/red /run/netns/green; rm /run/netns/*; ip netns add red; touch /run/netns/green; mount --bind /run/netns/red /run/netns/green',
    );
    const twice = await host.look(LIST);
    expect(twice['ns']!.value).toMatchObject([
      { dup: true, main: false },
      { dup: true, main: false },
    ]);
    expect((await verdicts(host))['namespaces']).toBe('F');
  });

  it('neither opens nor waits for FIFOs, files, folders, sockets and other kinds of namespaces', async () => {
    await host.inside(`mkdir -p /run/netns; cd /run/netns; mkfifo red; echo x > file; mkdir dir; touch fifo-bind uts;
      mkfifo /tmp/f; mount --bind /tmp/f fifo-bind; mount --bind /proc/self/ns/uts uts; touch 'a b' $'esc\\e[31m' ..x
      setsid socat UNIX-LISTEN:sock,fork /dev/null >/dev/null 2>&1 </dev/null & sleep 0.2`);
    const started = performance.now();
    const { ns } = await host.look(LIST);
    const entries = ns!.value as { name: string; main: Json; refused?: string }[];
    expect(entries.length).toBeGreaterThanOrEqual(8);
    expect(entries.filter((e) => e.refused === undefined)).toEqual([]);
    expect(entries.every((e) => e.main === null)).toBe(true);
    expect((await host.look(RED))['lr']!.fault).toMatchObject({ cause: 'tenant' });
    expect(await host.prober.act(PING)).toMatchObject({ fault: { cause: 'tenant' } });
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('takes ten thousand entries, and a folder that is a link, without stopping', async () => {
    await host.inside('mkdir -p /run/netns; cd /run/netns; seq -f "n%g" 1 10000 | xargs touch');
    const started = performance.now();
    const { ns } = await host.look(LIST);
    expect((ns!.value as Json[]).length).toBe(256);
    expect(performance.now() - started).toBeLessThan(2000);
    await host.inside('rm -r /run/netns; ln -s /proc/1/ns /run/netns');
    expect((await host.look(LIST))['ns']!.fault).toMatchObject({ cause: 'tenant', code: 'refused' });
  });

  it('gives full marks and none the same whether ip, ping and ovs-vsctl in the path are real or fake', async () => {
    await host.inside(`${WIRE}\n${SWITCH}`);
    expect(await verdicts(host)).toEqual(allPassed());
    await host.inside(`mount -t tmpfs tmpfs /usr/local/bin; mount -t tmpfs tmpfs /usr/sbin
      for f in /usr/local/bin/ip /usr/sbin/ip /usr/local/bin/ping /usr/local/bin/ovs-vsctl /usr/sbin/nsenter; do
        printf '#!/bin/sh\\ntouch /tmp/ran; echo "[]"\\n' > $f; chmod 755 $f; done; hash -r; ip link | grep -q '\\[\\]'`);
    await host.inside('rm -f /tmp/ran');
    expect(await verdicts(host)).toEqual(allPassed());
    await host.inside('test ! -e /tmp/ran');

    const untouched = await start();
    await untouched.inside(`mount -t tmpfs tmpfs /usr/local/bin
      for f in ip ping ovs-vsctl; do printf '#!/bin/sh\\necho "[{\\"ifname\\":\\"eth0-r\\"}]"\\n' > /usr/local/bin/$f; chmod 755 /usr/local/bin/$f; done`);
    const { isolation, ...rest } = await verdicts(untouched);
    // Isolation holds on nothing, and stands behind needs that do not.
    expect(isolation).toBe('T');
    expect(new Set(Object.values(rest))).toEqual(new Set(['F']));
    untouched.prober.close();
  });

  it.each([
    ['never answers', 'SYSTEM:"sleep 30"', 'timeout'],
    ['talks without end', 'SYSTEM:"yes [ | tr -d \\\\\\\\n"', 'too-large'],
    [
      'is no database',
      'SYSTEM:"echo {\\\\\\\\\\"id\\\\\\\\\\":1\\\\,\\\\\\\\\\"result\\\\\\\\\\":[]}"',
      'malformed',
    ],
  ])('survives a database socket that %s', async (_name, behind, code) => {
    await host.inside(`mkdir -p /run/openvswitch
      setsid socat UNIX-LISTEN:/run/openvswitch/db.sock,fork ${behind} >/dev/null 2>&1 </dev/null &
      for i in $(seq 50); do test -S /run/openvswitch/db.sock && break; sleep 0.02; done`);
    const before = process.memoryUsage().rss;
    const started = performance.now();
    const { ovs } = await host.look(OVS);
    expect(ovs!.fault).toMatchObject({ cause: 'tenant', code });
    expect(performance.now() - started).toBeLessThan(2600);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('refuses a database socket that is a link out of the sandbox, and reads a dead one as absent', async () => {
    await host.inside('mkdir -p /run/openvswitch; ln -s /proc/1/root/run/x /run/openvswitch/db.sock');
    expect((await host.look(OVS))['ovs']!.fault).toMatchObject({ cause: 'tenant', code: 'refused' });
    await host.inside(
      'rm /run/openvswitch/db.sock; ovs-vsctl add-br ovs1; kill -9 $(cat /run/openvswitch/ovsdb-server.pid)',
    );
    expect((await host.look(OVS))['ovs']).toEqual(seen(null));
  });

  it('gives up on a stopped ovsdb-server within its deadline', async () => {
    await host.inside('ovs-vsctl add-br ovs1; kill -STOP $(cat /run/openvswitch/ovsdb-server.pid)');
    const started = performance.now();
    expect((await host.look(OVS))['ovs']!.fault).toMatchObject({ cause: 'tenant', code: 'timeout' });
    expect(performance.now() - started).toBeLessThan(2600);
    await host.inside('kill -CONT $(cat /run/openvswitch/ovsdb-server.pid)');
  });

  it('does not believe replies that never reached the other namespace', async () => {
    await host.inside(`${WIRE}\nip -n red addr add 10.0.0.2/32 dev lo`);
    const { value } = await host.prober.act(PING);
    expect(value).toMatchObject({
      received: 3,
      witness: { ifname: 'eth0-g', seen: 0 },
      via: [{ moved: false }],
    });
  });

  it("is refused by the kernel with a handle of another sandbox's or of the machine's namespace", async () => {
    const other = await start();
    const own = HostHandle.open(other.pid);
    const machine = openSync('/proc/self/ns/net', 'r');
    for (const netns of [own.mainNetns, machine]) {
      const resident = await ResidentIp.start({ netns, userNs: host.handle.userNs });
      await expect(resident.read('link')).rejects.toMatchObject({ cause_: 'tenant', code: 'refused' });
    }
    closeSync(machine);
    own.close();
    other.prober.close();
  });

  it("never shows anything of the machine's own network", async () => {
    await host.inside(`${WIRE}\nln -s /proc/1/ns/net /run/netns/evil`);
    const shown = JSON.stringify(await host.look({ ...LIST, ...RED, ...OVS }));
    const ours = readFileSync('/proc/net/dev', 'utf8')
      .match(/^\s*([\w.@-]+):/gm)!
      .map((l) => l.trim().slice(0, -1));
    for (const name of ours.filter((n) => n !== 'lo')) expect(shown).not.toContain(`"${name}"`);
    expect(shown).not.toContain(/\[(\d+)\]/.exec(readlinkSync('/proc/self/ns/net'))![1]);
  });
});
