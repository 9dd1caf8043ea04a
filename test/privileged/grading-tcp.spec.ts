import { parseCall, type ProbeCall } from '../../src/grading/probes/calls.js';
import type { HostProber } from '../../src/grading/probes/host-prober.js';
import { openHostProber } from '../../src/grading/probes/open-host-prober.js';
import { SandboxProber } from '../../src/grading/probes/sandbox-prober.js';
import { describeWith } from '../support/capability.js';
import { makeOciLab, provision, within, type OciLab } from '../support/lab-host.js';

/** c1 and c2 on a bridge, as in the lab on networks from scratch. */
const WIRE = `
set -e
ip link add br0 type bridge; ip addr add 10.10.0.1/24 dev br0; ip link set br0 up
for n in 1 2; do
  ip netns add c$n; ip link add veth$n type veth peer name eth0 netns c$n
  ip link set veth$n master br0 up; ip -n c$n link set lo up
  ip -n c$n addr add 10.10.0.$((n + 1))/24 dev eth0; ip -n c$n link set eth0 up
done`;
const ROUTE = `
for n in 1 2; do ip -n c$n route add default via 10.10.0.1; done
echo 1 > /proc/sys/net/ipv4/ip_forward`;
const NAT = `
nft 'add table ip nat; add chain ip nat post { type nat hook postrouting priority srcnat; }'
nft add rule ip nat post ip saddr 10.10.0.0/24 oifname uplink0 counter masquerade`;
const PUBLISH = `
nft 'add chain ip nat pre { type nat hook prerouting priority dstnat; }'
nft add rule ip nat pre iifname uplink0 tcp dport 8080 dnat to 10.10.0.2:80`;

function call(raw: Record<string, unknown>): ProbeCall {
  const parsed = parseCall(raw);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.call;
}

const EAST = call({
  'net.tcp': {
    from: 'c1',
    to: { ns: 'c2', addr: '10.10.0.3', port: 7000 },
    via: [{ ns: 'main', ifname: 'veth2' }],
  },
});
const OUT = call({
  'net.tcp': {
    from: 'c1',
    to: { ns: 'outside', addr: 'outside', port: 7070 },
    via: [
      { ns: 'main', ifname: 'br0' },
      { ns: 'main', ifname: 'uplink0' },
    ],
  },
});
const PUB = call({
  'net.tcp': { from: 'outside', to: { ns: 'c1', addr: 'uplink', port: 8080, listen: 80 } },
});
const FORWARD = 'net.ipv4.ip_forward';

describeWith(['root', 'runc'], 'net.tcp, netns.sysctl and netns.nft in a live lab host', () => {
  let lab: OciLab;
  let prober: HostProber;
  let pid: number;
  let slot = 0;
  let id = '';

  beforeAll(() => {
    lab = makeOciLab();
  });

  beforeEach(async () => {
    id = `tcp${slot}`;
    const facts = await provision(lab.driver, id, { slot: slot++, requires: ['netns', 'nft', 'uplink'] });
    pid = Number(facts['initPid']);
    prober = openHostProber(pid, { uplink: true, now: () => performance.now() });
  });

  afterEach(async () => {
    prober.close();
    await lab.driver.destroy(id, within());
  });

  afterAll(() => lab.remove());

  const inside = (command: string) => lab.inside(id, command);
  const act = async (what: ProbeCall) => {
    const { value, fault } = await prober.act(what);
    if (fault) throw new Error(JSON.stringify(fault));
    return value;
  };
  const sysctl = async (ns: string, ...keys: string[]) =>
    (await prober.look({ x: call({ 'netns.sysctl': { ns, keys } }) }))['x']!.value;

  it('follows a connection through a bridge, out by address translation and in by a published port', async () => {
    expect(await prober.act(OUT)).toEqual({ value: null, fault: null });
    await inside(WIRE);
    const started = performance.now();
    expect(await act(EAST)).toEqual({
      reached: true,
      nonceMatched: true,
      srcSeen: '10.10.0.2',
      via: [{ ifname: 'veth2', moved: true }],
    });
    process.stderr.write(`net.tcp: ${Math.round(performance.now() - started)} ms\n`);
    const nowhere = { reached: false, nonceMatched: false, srcSeen: null };
    // No route.
    expect(await act(OUT)).toMatchObject({ ...nowhere, via: [{}, { moved: false }] });
    // Routes, but the machine does not forward; then it does, but nobody outside knows the way back.
    await inside(`${ROUTE}; echo 0 > /proc/sys/net/ipv4/ip_forward`);
    expect(await act(OUT)).toMatchObject({ ...nowhere, via: [{ moved: true }, { moved: false }] });
    await inside('echo 1 > /proc/sys/net/ipv4/ip_forward');
    expect(await act(OUT)).toMatchObject({ ...nowhere, via: [{ moved: true }, { moved: true }] });
    await inside(NAT);
    expect(await act(OUT)).toEqual({
      reached: true,
      nonceMatched: true,
      srcSeen: '198.51.100.2',
      via: [
        { ifname: 'br0', moved: true },
        { ifname: 'uplink0', moved: true },
      ],
    });
    expect(await act(PUB)).toMatchObject(nowhere);
    await inside(PUBLISH);
    expect(await act(PUB)).toMatchObject({ reached: true, nonceMatched: true, srcSeen: '198.51.100.1' });
  }, 60_000);

  it("lets the learner's own server have the port, and sees beside it what arrives", async () => {
    await inside(`${WIRE}${ROUTE}${PUBLISH.replace('add chain', 'add table ip nat; add chain')}`);
    await inside(
      `ip netns exec c1 setsid socat TCP-LISTEN:80,fork,reuseaddr SYSTEM:'sed -u /^.$/q >/dev/null; echo HTTP/1.0 200 OK; echo; echo mine' >/dev/null 2>&1 </dev/null &
       for i in $(seq 200); do ip netns exec c1 curl -s http://10.10.0.2/ | grep -q mine && exit 0; sleep 0.05; done; exit 1`,
    );
    expect(await act(PUB)).toMatchObject({ reached: true, nonceMatched: true, srcSeen: '198.51.100.1' });
    expect(await inside('ip netns exec c1 curl -s http://10.10.0.2/')).toBe('mine\n');
  }, 60_000);

  it('does not believe whoever answers in place of the other side', async () => {
    await inside(`${WIRE}${ROUTE}${NAT}
      nft 'add chain ip nat pre { type nat hook prerouting priority dstnat; }'
      nft add rule ip nat pre iifname br0 tcp dport 7070 redirect to :9000
      setsid socat TCP-LISTEN:9000,fork,reuseaddr SYSTEM:'head -1' >/dev/null 2>&1 </dev/null &
      for i in $(seq 200); do ss -ltn | grep -q :9000 && exit 0; sleep 0.05; done; exit 1`);
    // It echoes what it was sent: a connection, an answer, even the word itself.
    expect(await act(OUT)).toMatchObject({ reached: true, nonceMatched: false, srcSeen: null });
    // The same for a port that is said to be published.
    await inside('nft add rule ip nat pre iifname uplink0 tcp dport 8080 redirect to :9000');
    expect(await act(PUB)).toMatchObject({ reached: true, nonceMatched: false, srcSeen: null });
  }, 60_000);

  it('does not take an answer on behalf of c2 for c2', async () => {
    await inside(`${WIRE}
      ip -n c2 addr del 10.10.0.3/24 dev eth0; ip addr add 10.10.0.3/32 dev lo
      echo 1 > /proc/sys/net/ipv4/conf/br0/proxy_arp`);
    expect(await sysctl('main', 'net.ipv4.conf.br0.proxy_arp')).toEqual({ 'net.ipv4.conf.br0.proxy_arp': 1 });
    const ping = call({ 'net.ping': { from: 'c1', to: { ns: 'c2', addr: '10.10.0.3' }, count: 3 } });
    expect(await act(ping)).toMatchObject({ received: 3, witness: { ifname: null, seen: 0 } });
    await inside(`setsid nc -lk 7000 >/dev/null 2>&1 </dev/null &
      for i in $(seq 200); do ss -ltn | grep -q :7000 && exit 0; sleep 0.05; done; exit 1`);
    expect(await act(EAST)).toMatchObject({ reached: true, nonceMatched: false, srcSeen: null });
  }, 60_000);

  it('tells that something cannot be reached, which may be what is wanted', async () => {
    await inside(WIRE);
    const closed = call({ 'net.tcp': { from: 'c1', to: { addr: '10.10.0.3', port: 22 }, nonce: 'none' } });
    expect(await act(closed)).toEqual({ reached: false, nonceMatched: false, srcSeen: null, via: [] });
    await inside(
      `nft 'add table bridge f; add chain bridge f through { type filter hook forward priority 0; policy drop; }'`,
    );
    const started = performance.now();
    expect(await act(EAST)).toMatchObject({ reached: false, nonceMatched: false });
    expect(performance.now() - started).toBeGreaterThan(1500);
    const web = call({ 'net.tcp': { from: 'main', to: { addr: 'outside', port: 80 }, nonce: 'none' } });
    expect(await act(web)).toMatchObject({ reached: true, nonceMatched: false });
  }, 60_000);

  it('takes no handle of a namespace that is not the lab host’s, and answers for what is ours', async () => {
    await inside('mkdir -p /run/netns; ln -s /proc/1/ns/net /run/netns/c1; ip netns add c2');
    expect(await prober.act(OUT)).toMatchObject({ fault: { cause: 'tenant', code: 'refused' } });
    const nft = await prober.act(call({ 'netns.nft': { ns: 'c1' } }));
    expect(nft).toMatchObject({ fault: { cause: 'tenant', code: 'refused' } });
    const without = openHostProber(pid, { uplink: false, now: () => performance.now() });
    expect(await without.act(PUB)).toMatchObject({ fault: { cause: 'platform' } });
    expect(new SandboxProber(without).facts()).toMatchObject({ uplink: null, outside: null });
    expect(new SandboxProber(prober).facts()).toMatchObject({
      uplink: '198.51.100.2',
      outside: '198.51.100.1',
      server: null,
    });
    without.close();
  }, 60_000);

  it('reads settings of namespaces by name, the same as sysctl shows them', async () => {
    await inside(`${WIRE}
      echo 1 > /proc/sys/net/ipv4/conf/br0/proxy_arp; echo 2 > /proc/sys/net/ipv4/conf/br0/rp_filter
      echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter; ip netns exec c1 sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
      ip netns exec c2 sh -c 'echo 0 > /proc/sys/net/ipv4/ip_forward'
      echo 1 > /proc/sys/net/ipv6/conf/all/forwarding`);
    const keys = [
      FORWARD,
      'net.ipv4.conf.all.forwarding',
      'net.ipv4.conf.br0.proxy_arp',
      'net.ipv4.conf.br0.rp_filter',
      'net.ipv4.conf.all.rp_filter',
      'net.ipv6.conf.all.forwarding',
    ];
    const shown = (await inside(`sysctl ${keys.join(' ')}`)).trim().split('\n');
    expect(await sysctl('main', ...keys)).toEqual(
      Object.fromEntries(shown.map((line) => [line.split(' = ')[0]!, Number(line.split(' = ')[1])])),
    );
    expect(await sysctl('main', FORWARD)).toEqual({ [FORWARD]: 0 });
    expect(await sysctl('c1', FORWARD)).toEqual({ [FORWARD]: 1 });
    expect(await sysctl('c2', FORWARD)).toEqual({ [FORWARD]: 0 });
    expect(await sysctl('c3', FORWARD)).toBeNull();
    expect(await sysctl('main', 'net.ipv4.conf.none.forwarding')).toEqual({
      'net.ipv4.conf.none.forwarding': null,
    });
  }, 60_000);

  it('hears of a setting that changes', async () => {
    let heard: () => void = () => undefined;
    const news = new Promise<void>((resolve) => (heard = resolve));
    await prober.watch(() => heard());
    let running = true;
    void news.then(() => (running = false));
    for (let i = 0; running && i < 200; i++) {
      await inside(`echo ${i % 2} > /proc/sys/net/ipv4/ip_forward`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await news;
    expect([0, 1]).toContain(((await sysctl('main', FORWARD)) as Record<string, number>)[FORWARD]);
  }, 60_000);

  it('reads chains and rules without their counts, from nft and iptables alike, and none as none', async () => {
    await inside(WIRE);
    const read = async (ns: string) => prober.act(call({ 'netns.nft': { ns } }));
    expect(await read('main')).toEqual({ value: [], fault: null });
    expect(await read('none')).toEqual({ value: null, fault: null });
    await inside(`${NAT}${ROUTE}; iptables -t nat -A POSTROUTING -s 10.10.0.0/24 -j MASQUERADE`);
    const first = await read('main');
    expect(first.value).toMatchObject([
      { family: 'ip', table: 'nat', chain: 'POSTROUTING', type: 'nat', hook: 'postrouting' },
      {
        family: 'ip',
        table: 'nat',
        chain: 'post',
        type: 'nat',
        hook: 'postrouting',
        prio: 100,
        policy: 'accept',
        rules: [{ expr: [{}, {}, { counter: null }, { masquerade: null }] }],
      },
    ]);
    // As iptables of Debian 12 writes it.
    expect(JSON.stringify(first.value)).toContain('{"xt":{"type":"target","name":"MASQUERADE"}}');
    expect(await act(OUT)).toMatchObject({ nonceMatched: true });
    expect(await read('main')).toEqual(first);
    expect(await read('c1')).toEqual({ value: [], fault: null });
    await inside(
      `for i in $(seq 3000); do echo "add rule ip nat post ip saddr 10.9.$((i / 250)).$((i % 250)) accept"; done | nft -f -`,
    );
    expect(await read('main')).toMatchObject({ fault: { cause: 'tenant', code: 'too-large' } });
  }, 60_000);
});
