import { closeSync, openSync } from 'node:fs';
import type { Json } from '../../src/grading/json.js';
import type { PreparedLab } from '../../src/labs/prepared-lab.js';
import { HostHandle } from '../../src/linux/netns/host-handle.js';
import { ResidentIp } from '../../src/linux/netns/resident-ip.js';
import { describeWith } from '../support/capability.js';
import { within } from '../support/lab-host.js';
import { activeTexts, tracesOfMachine } from './attacks-evidence.js';
import { LabHosts, netLab, SWITCH, WIRE, type GradedHost } from './grading-lab-host.js';
import { rigLab, type GradingRig } from './grading-rig.js';

/** A probe whose answer takes longer than this has waited for something of the learner's. */
const AT_ONCE_MS = 2000;
/** The deadline of one reading, and the way there and back on a busy machine. */
const DEADLINE_MS = 4000;

const PING = {
  'net.ping': {
    from: 'red',
    to: { ns: 'green', addr: '10.0.0.2' },
    count: 3,
    via: [
      { ns: 'main', ifname: 'veth-r' },
      { ns: 'main', ifname: 'veth-g' },
    ],
  },
};
const REACHED = {
  received: { $gte: 2 },
  witness: { ifname: 'eth0-g', seen: { $gte: 2 } },
  via: [
    { ifname: 'veth-r', moved: true },
    { ifname: 'veth-g', moved: true },
  ],
};
/** Red gets replies, as the learner would see; addresses that did not answer before are remembered for a while. */
const PINGS =
  'for i in $(seq 30); do ip netns exec red ping -c 1 -W 1 10.0.0.2 > /dev/null && exit 0; sleep 0.1; done; exit 1';
const pingLab = () =>
  rigLab({
    observe: { ping: PING },
    objectives: [{ id: 'reaches', assert: { match: { ping: REACHED } } }],
  });

describeWith(['root', 'runc', 'ovs'], 'attacks on the grader from inside a lab host', () => {
  let hosts: LabHosts;
  let host: GradedHost;
  let course: PreparedLab;

  beforeAll(async () => {
    hosts = new LabHosts();
    course = await netLab();
  });
  beforeEach(async () => {
    host = await hosts.start();
  });
  afterEach(() => hosts.close());
  afterAll(() => hosts.remove());

  const allOf = (lab: PreparedLab, state: string): Record<string, string> =>
    Object.fromEntries(lab.spec.objectives.map(({ id }) => [id, state]));

  /** What the learner has after everything was looked at; nothing of the machine may stand in what is stored of it. */
  async function judged(rig: GradingRig): Promise<Record<string, string>> {
    await rig.actor.check();
    const shown = rig.run.lab.spec.objectives.map(({ id }) => rig.shown(id));
    expect(tracesOfMachine(rig.evidence, shown, await rig.observeAll())).toEqual([]);
    return rig.states();
  }

  it("attack 1: names that link to the machine's namespaces or another tenant's are refused, the others graded", async () => {
    await host.inside(`${WIRE}\n${SWITCH}
      ln -s /proc/1/ns/net /run/netns/evil; ln -s /proc/self/ns/net /run/netns/own; ln -s red /run/netns/alias`);
    const lab = await netLab({
      observe: { evil: { 'netns.links': { ns: 'evil' } } },
      objectives: [{ id: 'evil', assert: { match: { evil: [{ ifname: 'lo' }] } } }],
    });
    const rig = host.grade(lab);
    expect(await judged(rig)).toEqual({ ...allOf(course, 'passed'), evil: 'pending' });
    expect(rig.shown('evil').explanation).toMatchObject({ kind: 'unreadable', observed: 'refused' });
    const entries = (await rig.observe('ns')).value as { name: string; refused?: string }[];
    expect(Object.fromEntries(entries.map((e) => [e.name, e.refused]))).toEqual({
      alias: 'symlink',
      evil: 'symlink',
      own: 'symlink',
      red: undefined,
      green: undefined,
    });
    // Even with a handle of such a namespace in our own hands the kernel would say no.
    const other = HostHandle.open((await hosts.start()).initPid);
    const machine = openSync('/proc/self/ns/net', 'r');
    for (const netns of [other.mainNetns, machine]) {
      const resident = await ResidentIp.start({ netns, userNs: host.handle.userNs });
      await expect(resident.read('link')).rejects.toMatchObject({ cause_: 'tenant', code: 'refused' });
    }
    closeSync(machine);
    other.close();
  });

  it('attack 2: red and green that are names of the main namespace, or of one and the same, are none', async () => {
    await host.inside(
      'mkdir -p /run/netns; for n in red green; do touch /run/netns/$n; mount --bind /proc/self/ns/net /run/netns/$n; done',
    );
    const rig = host.grade(course);
    expect((await judged(rig))['namespaces']).toBe('pending');
    expect((await rig.observe('ns')).value).toMatchObject([
      { name: 'green', main: true },
      { name: 'red', main: true },
    ]);
    await host.inside(`umount /run/netns/red /run/netns/green; rm /run/netns/*; ip netns add red
      touch /run/netns/green; mount --bind /run/netns/red /run/netns/green`);
    expect((await judged(rig))['namespaces']).toBe('pending');
    expect((await rig.observe('ns')).value).toMatchObject([
      { dup: true, main: false },
      { dup: true, main: false },
    ]);
  });

  it('attack 3: FIFOs, devices, sockets, folders, a hundred thousand entries and a /run that is a link stop nothing', async () => {
    await host.inside(`mkdir -p /run/netns; cd /run/netns; mkfifo red; echo x > file; mkdir dir; touch fifo-bind uts dev
      mkfifo /tmp/f; mount --bind /tmp/f fifo-bind; mount --bind /proc/self/ns/uts uts; mount --bind /dev/null dev
      touch 'a b' $'esc\\e[31m' ..x
      setsid socat UNIX-LISTEN:/run/netns/sock,fork /dev/null >/dev/null 2>&1 </dev/null &
      until test -S /run/netns/sock; do sleep 0.02; done`);
    const rig = host.grade(course);
    let started = performance.now();
    const { ns, lr } = await host.prober.look({ ns: course.calls['ns']!, lr: course.calls['lr']! });
    const entries = ns!.value as { main: Json; refused?: string }[];
    expect(entries.length).toBeGreaterThanOrEqual(10);
    expect(entries.filter((e) => e.refused === undefined || e.main !== null)).toEqual([]);
    expect(lr!.fault).toMatchObject({ cause: 'tenant' });
    expect(await host.prober.act(course.calls['rtog']!)).toMatchObject({ fault: { cause: 'tenant' } });
    expect(performance.now() - started).toBeLessThan(AT_ONCE_MS);
    expect((await judged(rig))['namespaces']).toBe('pending');
    expect(activeTexts([rig.evidence, rig.shown('namespaces')])).toEqual([]);

    await host.inside(
      'mount -t tmpfs -o nr_inodes=200k many /run/netns; cd /run/netns; seq -f "n%06.0f" 100000 | xargs touch',
    );
    started = performance.now();
    expect(((await rig.observe('ns')).value as Json[]).length).toBe(256);
    expect(performance.now() - started).toBeLessThan(AT_ONCE_MS);

    await host.inside(
      'umount /run/netns /run/netns/{fifo-bind,uts,dev}; rm -rf /run/netns; ln -s /proc/1/ns /run/netns',
    );
    expect((await rig.observe('ns')).fault).toMatchObject({ cause: 'tenant', code: 'refused' });
    // Nor by a /run that leads elsewhere, in a root of the learner's own: where the kernel allows one at all.
    const moved = await hosts.start();
    await moved.inside(`mkdir /tmp/new; mount -t tmpfs new /tmp/new; mkdir /tmp/new/old
      ln -s old/proc/1/root/run /tmp/new/run; pivot_root /tmp/new /tmp/new/old; exit 0`);
    const there = await moved.grade(course).observe('ns');
    expect(there.fault?.code ?? there.value).toEqual(there.fault ? 'refused' : []);
    expect(tracesOfMachine(there)).toEqual([]);
  });

  it('attack 4: fake tools, aliases and preloaded libraries change no score, neither up nor down', async () => {
    await host.inside(`${WIRE}\n${SWITCH}`);
    const rig = host.grade(course);
    expect(await judged(rig)).toEqual(allOf(course, 'passed'));
    const fake = `for f in ip ping ovs-vsctl nsenter tcpdump kubectl curl; do for d in /usr/local/bin /usr/sbin; do
        printf '#!/bin/sh\\ntouch /tmp/ran; echo "[]"\\n' > $d/$f; chmod 755 $d/$f; done; done`;
    await host.inside(`mount -t tmpfs tmpfs /usr/local/bin; mount -t tmpfs tmpfs /usr/sbin
      cp -a /etc /tmp/etc && mount --bind /tmp/etc /etc; ${fake}
      echo 'alias ip=false' >> /root/.bashrc; echo 'export PATH=/usr/local/bin' >> /root/.profile
      hash -r; ip link | grep -q '\\[\\]'; rm -f /tmp/ran; echo /tmp/evil.so > /etc/ld.so.preload`);
    expect(await judged(rig)).toEqual(allOf(course, 'passed'));
    await host.inside('test ! -e /tmp/ran');

    const untouched = await hosts.start();
    await untouched.inside(`mount -t tmpfs tmpfs /usr/local/bin
      for f in ip ping ovs-vsctl; do printf '#!/bin/sh\\necho "[{\\"ifname\\":\\"eth0-r\\"}]"\\n' > /usr/local/bin/$f
        chmod 755 /usr/local/bin/$f; done`);
    const states = await judged(untouched.grade(course));
    expect(new Set(Object.values(states))).toEqual(new Set(['pending', 'blocked']));
  });

  it('attack 5: a database that was made up earns no ping, and one of the machine is not even asked', async () => {
    const port = (n: number, name: string) => ({
      _uuid: ['uuid', `p${n}`],
      name,
      interfaces: ['uuid', `i${n}`],
      tag: ['set', []],
      trunks: ['set', []],
    });
    const far = (n: number) => ({ _uuid: ['uuid', `i${n}`], type: '', error: ['set', []] });
    const bridge = {
      name: 'ovs1',
      datapath_type: 'netdev',
      ports: [
        'set',
        [
          ['uuid', 'p1'],
          ['uuid', 'p2'],
        ],
      ],
    };
    const rows = [[bridge], [port(1, 'veth-r'), port(2, 'veth-g')], [far(1), far(2)]];
    const answer = JSON.stringify({ id: 1, error: null, result: rows.map((r) => ({ rows: r })) });
    await host.inside(`${WIRE}
      mkdir -p /run/openvswitch; cat > /tmp/answer <<'END'
${answer}
END
      setsid socat UNIX-LISTEN:/run/openvswitch/db.sock,fork SYSTEM:"cat /tmp/answer; sleep 3" >/dev/null 2>&1 </dev/null &
      until test -S /run/openvswitch/db.sock; do sleep 0.02; done`);
    const rig = host.grade(course);
    // The claim is believed as far as it goes; no packet passes by it.
    await host.inside('ip link add ovs1 type veth peer name spare');
    let states = await judged(rig);
    expect((await rig.observe('ovs')).value).toMatchObject([
      { name: 'ovs1', ports: [{ name: 'veth-g' }, { name: 'veth-r' }] },
    ]);
    expect([states['ping-red-green'], states['ping-green-red']]).toEqual(['pending', 'pending']);
    // A bridge of the kernel would carry them, but the kernel also says that it is one.
    await host.inside(`ip link del ovs1; ip link add ovs1 type bridge; ip link set ovs1 up
      ip link set veth-r master ovs1; ip link set veth-g master ovs1; ${PINGS}`);
    states = await judged(host.grade(course));
    expect([states['bridge'], states['port-red'], states['port-green']]).not.toContain('passed');
    expect([states['ping-red-green'], states['ping-green-red']]).not.toContain('passed');

    const other = await hosts.start();
    const listening = await hosts.oci.driver.listen(other.id, 1, 'm.sock', (s) => s.destroy(), within());
    await other.inside(`mkdir -p /run/openvswitch; touch /run/openvswitch/db.sock
      mount --bind /run/wheelhouse/m.sock /run/openvswitch/db.sock`);
    expect((await other.grade(course).observe('ovs')).fault).toMatchObject({
      cause: 'tenant',
      code: 'refused',
    });
    await listening.close();
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
      until test -S /run/openvswitch/db.sock; do sleep 0.02; done`);
    const before = process.memoryUsage().rss;
    const started = performance.now();
    const { ovs } = await host.prober.look({ ovs: course.calls['ovs']! });
    expect(ovs!.fault).toMatchObject({ cause: 'tenant', code });
    expect(performance.now() - started).toBeLessThan(DEADLINE_MS);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('refuses a database socket that is a link out of the sandbox, and reads a dead one as absent', async () => {
    const ovs = () => host.prober.look({ ovs: course.calls['ovs']! }).then((all) => all['ovs']);
    await host.inside('mkdir -p /run/openvswitch; ln -s /proc/1/root/run/x /run/openvswitch/db.sock');
    expect((await ovs())!.fault).toMatchObject({ cause: 'tenant', code: 'refused' });
    await host.inside(
      `rm /run/openvswitch/db.sock; ovs-vsctl add-br ovs1; p=$(cat /run/openvswitch/ovsdb-server.pid); kill -9 $p
       while ls /proc/$p/fd 2>/dev/null | grep -q .; do sleep 0.02; done`,
    );
    expect(await ovs()).toEqual({ value: null, fault: null });
  });

  describe('attack 8: replies to a ping that were forged', () => {
    const TUN = String.raw`${WIRE}cat > /tmp/reply <<'END'
#!/bin/bash
while h=$(dd bs=9000 count=1 2>/dev/null | od -An -v -tx1 | tr -d ' \n') && [ -n "$h" ]; do
  while [ -n "$h" ]; do
    if [ "\${h:0:1}" = 4 ]; then n=$((16#\${h:4:4})); else n=$((40 + 16#\${h:8:4})); fi
    p=\${h:0:2*n}; h=\${h:2*n}
    [ "\${p:18:2}\${p:40:2}" = 0108 ] || continue
    s=$(( 16#\${p:44:4} + 16#0800 )); s=$(( (s & 16#ffff) + (s >> 16) ))
    r=\${p:0:24}\${p:32:8}\${p:24:8}00\${p:42:2}$(printf %04x $s)\${p:48}
    printf "$(sed 's/../\\x&/g' <<<"$r")" | dd bs=9000 iflag=fullblock 2>/dev/null
  done
done
END
setsid ip netns exec red socat TUN,tun-name=t0,iff-no-pi,iff-up EXEC:"bash /tmp/reply" >/dev/null 2>&1 </dev/null &
until ip -n red route add 10.0.0.2/32 dev t0 2>/dev/null; do sleep 0.02; done`.replaceAll('\\$', '$');

    it.each([
      ['by a namespace that has both addresses', `${WIRE}ip -n red addr add 10.0.0.2/32 dev lo`, 0],
      ['by a program behind a TUN device', TUN, 0],
      [
        'by proxy ARP and an address of the main namespace',
        `${WIRE}ip addr add 10.0.0.2/32 dev lo; ip route add 10.0.0.1/32 dev veth-r
         echo 1 > /proc/sys/net/ipv4/conf/veth-r/proxy_arp; echo 1 > /proc/sys/net/ipv4/ip_forward`,
        0,
      ],
      [
        'by a rule that turns the destination back',
        `${WIRE}ip netns exec red nft 'add table ip n; add chain ip n o { type nat hook output priority -100; };
           add rule ip n o ip daddr 10.0.0.2 dnat to 10.0.0.1'`,
        0,
      ],
      [
        'by the right one, but past the switch',
        `ip netns add red; ip netns add green; ip link add veth-r type veth peer name veth-g
         ip link add eth0-r netns red type veth peer name eth0-g netns green
         ip -n red addr add 10.0.0.1/24 dev eth0-r; ip -n green addr add 10.0.0.2/24 dev eth0-g
         ip -n red link set eth0-r up; ip -n green link set eth0-g up`,
        3,
      ],
    ])('%s', async (_how, forge, seen) => {
      await host.inside(forge);
      await host.inside(PINGS);
      const rig = host.grade(pingLab());
      expect(await judged(rig)).toEqual({ reaches: 'pending' });
      const { value } = await rig.observe('ping');
      // How many replies come in time is the machine's affair; the learner has seen that they come.
      expect(value).toMatchObject({ witness: { ifname: 'eth0-g', seen } });
      expect((value as { via: { moved: boolean }[] }).via.every(({ moved }) => moved)).toBe(false);
    });

    it('not, then it counts', async () => {
      await host.inside(`${WIRE}\n${SWITCH}`);
      expect(await judged(host.grade(pingLab()))).toEqual({ reaches: 'passed' });
    });
  });

  it('attack 14: what was made unreadable neither wins a negation nor hides what must not be, and is flagged', async () => {
    const bad = { match: { ovs: [{ name: 'bad' }] } };
    await host.inside('ovs-vsctl add-br bad; kill -STOP $(cat /run/openvswitch/ovsdb-server.pid)');
    const rig = host.grade(
      rigLab({
        observe: { ovs: { 'ovs.bridges': {} }, ns: { 'netns.list': {} } },
        objectives: [
          { id: 'gone', assert: { not: bad } },
          { id: 'red', assert: { match: { ns: [{ name: 'red' }] } } },
          { id: 'calm', needs: ['red'], never: { armed: 'start', ...bad } },
        ],
        tripwires: [{ id: 'bad', never: bad, onTrip: { fail: ['red'] } }],
      }),
    );
    expect(await judged(rig)).toEqual({ gone: 'pending', red: 'pending', calm: 'blocked' });
    expect(rig.shown('gone').explanation).toMatchObject({ kind: 'unreadable', observed: 'timeout' });
    expect(rig.run.trips.size).toBe(0);
    const flagged = rig.flags.filter(({ flag }) => flag === 'unreadable').map(({ subject }) => subject);
    expect(flagged.toSorted()).toEqual(['calm', 'gone', 'tripwire:bad']);
    // The breach that it was to hide is seen as soon as anything can be.
    await host.inside('kill -CONT $(cat /run/openvswitch/ovsdb-server.pid)');
    await rig.until('the trip', () => rig.run.trips.has('bad'));
    expect([rig.state('calm'), rig.state('red')]).toEqual(['failed', 'failed']);
  });

  it('attack 16: escapes, markup, braces and bombs in names and notes are shown inert, and read within bounds', async () => {
    const names = ['<b>x</b>', '{{7*7}}', '${net}', '\u001b[31mred', '\u009b5m', '\u202edelrow'];
    const quoted = names.map(
      (n) => `"$(printf '%b' '${[...Buffer.from(n)].map((b) => `\\0${b.toString(8)}`).join('')}')"`,
    );
    const deep = (open: string, close: string) =>
      `$(printf '%8000s' | tr ' ' '${open}')$(printf '%8000s' | tr ' ' '${close}')`;
    await host.inside(`ip netns add red; mkdir -p /root/n; cd /root/n
      for n in ${quoted.join(' ')}; do ip link add name "$n" type veth; done
      printf '%b' '\\033[2J\\033]0;pwned\\007<img src=x onerror=alert(1)>\\302\\2331m$\{net} {{7*7}}' > note
      printf '%s' "${deep('[', ']')}" > deep.json
      printf 'a: &a [x,x,x,x,x,x,x,x]\\nb: &b [*a,*a,*a,*a,*a]\\nc: [*b,*b,*b,*b,*b]\\n' > bomb.yaml
      printf '!!js/function "x"\\n' > tag.yaml; printf '%s' "$(printf '%7000s' | tr ' ' '[')" > deep.yaml`);
    const file = (name: string, parse: string) => ({
      'host.file': { path: `/root/n/${name}`, parse, maxBytes: 16_384 },
    });
    const rig = host.grade(
      rigLab({
        observe: {
          lm: { 'netns.links': { ns: 'main' } },
          note: file('note', 'text'),
          deepJson: file('deep.json', 'json'),
          bomb: file('bomb.yaml', 'yaml'),
          tag: file('tag.yaml', 'yaml'),
          deepYaml: file('deep.yaml', 'yaml'),
        },
        objectives: [
          { id: 'none', assert: { match: { lm: { $none: { ifname: { $re: 'x|7|net|red|5m|del' } } } } } },
          { id: 'note', assert: { match: { note: { text: 'pod' } } } },
          ...['deepJson', 'bomb', 'tag', 'deepYaml'].map((name) => ({
            id: name.toLowerCase(),
            assert: { match: { [name]: { data: { a: 1 } } } },
          })),
          { id: 'fine', assert: { match: { lm: [{ ifname: 'lo' }] } } },
        ],
      }),
    );
    const { fine, ...rest } = await judged(rig);
    expect(fine).toBe('passed');
    expect(new Set(Object.values(rest))).toEqual(new Set(['pending']));
    const seen = await rig.observeAll();
    const data = ['deepJson', 'bomb', 'deepYaml', 'tag'].map((name) => {
      expect([name, seen[name]!.fault]).toEqual([name, null]);
      return (seen[name]!.value as { data: Json }).data;
    });
    expect(data).toEqual([null, null, null, 'x']);
    const shown = rig.run.lab.spec.objectives.flatMap(({ id }) => [rig.shown(id, 'fr'), rig.shown(id, 'en')]);
    expect(activeTexts([rig.evidence, shown])).toEqual([]);
    // Markup and braces are text like any other, and mean nothing to what fills in the texts of a lab.
    const { observed } = rig.shown('note').explanation!;
    expect(observed).toContain('<img src=x onerror=alert(1)>');
    expect(observed).toContain('${net} {{7*7}}');
  });
});
