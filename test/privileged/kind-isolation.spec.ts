import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { arpRequest, ethernet, ipv4Udp, ipv6, mark, sendFrames, sniff } from '../support/frames.js';
import { within } from '../support/lab-host.js';
import { describeWith } from '../support/capability.js';
import { reached, reachFrom, reachScript } from '../support/reach.js';
import { METADATA, twoLearners, type Learner, type TwoLearners } from '../support/two-learners.js';

const run = promisify(execFile);
const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });
const output = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: 'utf8' });

/** What there is on the machine of this test's own. */
const traces = (table: string): string[] =>
  [
    output('nft', 'list', 'tables'),
    ip('-br', 'link'),
    output('docker', 'network', 'ls', '--format', '{{.Name}}'),
    ip('netns', 'list'),
  ].flatMap((text) =>
    text.split('\n').filter((line) => /iso[ab]|wh-?iso/.test(line) || line.includes(table)),
  );

const linkLocal = (args: string[]): string => {
  const [link] = JSON.parse(ip(...args)) as {
    addr_info: { family: string; scope: string; local: string }[];
  }[];
  return link!.addr_info.find(({ family, scope }) => family === 'inet6' && scope === 'link')!.local;
};

const targetsOf = ({ nodeAddress, lab }: Learner): string[] => [
  ...[
    `http://${nodeAddress}:6443/`,
    `http://${nodeAddress}:30080/`,
    `ping ${nodeAddress}`,
    `udp ${nodeAddress} 53`,
  ],
  ...[`telnet://${lab}:8000`, `ping ${lab}`],
];
const ownNode = (learner: Learner): string[] => targetsOf(learner).slice(0, 4);

describeWith(['root', 'runc', 'kind'], 'two learners with a cluster each', () => {
  let both: TwoLearners;
  let a: Learner;
  let b: Learner;
  /** What the machine answers at. */
  let machine: string[];
  /** The same by UDP; a machine that asks itself may get the answer from another of its addresses. */
  let resolver: string;
  let outside: string[];

  beforeAll(async () => {
    both = await twoLearners();
    ({ a, b } = both);
    const [docker0] = /\d+\.\d+\.\d+\.\d+/.exec(ip('-4', 'address', 'show', 'dev', 'docker0')) ?? [];
    const addresses = [a.gateway, b.gateway, docker0, '10.251.79.1', METADATA];
    machine = addresses.flatMap((at) => [`http://${at}:${both.port}/`, `ping ${at}`]);
    resolver = `udp ${a.gateway} ${both.port}`;
    outside = [
      `http://${both.outsideAddress}:6443/`,
      `udp ${both.outsideAddress} 53`,
      `ping ${both.outsideAddress}`,
    ];
  }, 60_000);

  afterAll(async () => {
    expect(traces(both.fence.table).length).toBeGreaterThan(10);
    await both.remove();
    expect(traces(both.fence.table)).toEqual([]);
  });

  /** For what must answer: a busy machine may take longer than a probe waits. */
  const patiently = async (look: () => Promise<string[]>, wanted: string[]): Promise<string[]> => {
    let seen = await look();
    for (let tries = 0; tries < 5 && seen.length < wanted.length; tries += 1) seen = await look();
    return seen;
  };
  const open = async (look: () => Promise<string[]>, wanted: string[]): Promise<void> => {
    expect(await patiently(look, wanted)).toEqual(wanted);
  };
  const fromLab = async ({ id }: Learner, targets: string[]): Promise<string[]> =>
    reached(await both.lab.inside(id, reachScript(targets)), targets);
  const mend = ({ id, network }: Learner) => both.lab.driver.link(id, 1, network, within());
  /** Everything that may not be reached from the lab host or the node of A. */
  const forbidden = (): string[] => [...targetsOf(b), ...machine, resolver, ...outside];

  it('each reach their own node, by all its ports, and it reaches them', async () => {
    await open(() => fromLab(a, ownNode(a)), ownNode(a));
    await open(() => fromLab(b, ownNode(b)), ownNode(b));
    const lab = [`telnet://${a.lab}:8000`, `ping ${a.lab}`];
    await open(() => reachFrom(a.node.netns, lab), lab);
  });

  it('are reached by the machine, which also finds everything that they may not reach', async () => {
    const all = [...targetsOf(a), ...targetsOf(b), ...machine, ...outside];
    await open(() => reachFrom(undefined, all), all);
  });

  it('reach nothing else by default', async () => {
    expect(await fromLab(a, forbidden())).toEqual([]);
    expect(await fromLab(b, [...targetsOf(a), ...machine, ...outside])).toEqual([]);
  });

  it.each([
    ['by way of the gateway', () => `ip route add default via ${a.gateway}`],
    ['by way of their own node', () => `ip route add default via ${a.nodeAddress}`],
    ['as if it were next door', () => 'ip route add default dev mgmt0'],
  ])('reach nothing else by a route of their own, %s', async (_what, command) => {
    await both.lab.inside(a.id, command());
    expect(await fromLab(a, forbidden())).toEqual([]);
    // The same link still carries what it should.
    await open(() => fromLab(a, ownNode(a)), ownNode(a));
    await both.lab.inside(a.id, 'ip route del default');
  });

  const as = (address: string, mac?: string): string =>
    `ip link set mgmt0 down; ${mac === undefined ? '' : `ip link set mgmt0 address ${mac};`} ip link set mgmt0 up;
     ip address flush dev mgmt0; ip address add ${address}/26 dev mgmt0; ip route add default dev mgmt0`;
  it.each([
    ['the address of the other lab host', () => as(b.lab)],
    ['the address and MAC of the other lab host', () => as(b.lab, b.labMac)],
    ['the address and MAC of the other node', () => as(b.nodeAddress, b.node.mac)],
    ['the MAC of the gateway', () => as(a.lab, bridgeMac(a))],
    ['the address and MAC of the gateway', () => as(a.gateway, bridgeMac(a))],
    ['a free address of their own network', () => as(a.gateway.replace(/\d+$/, '9'))],
  ])('reach nothing at all with %s', async (_what, command) => {
    await both.lab.inside(a.id, command());
    const own = targetsOf(a).slice(0, 4);
    expect(await fromLab(a, [...own, ...forbidden().filter((target) => !isOwn(target))])).toEqual([]);
    await mend(a);
    await open(() => fromLab(a, own), own);
  });
  const bridgeMac = ({ network }: Learner): string =>
    output('cat', `/sys/class/net/${network.bridge}/address`).trim();
  /** An address that the lab host has itself by now answers itself. */
  const isOwn = (target: string): boolean =>
    [b.lab, b.nodeAddress, a.gateway].some((address) => target.includes(address));

  /** The MACs that the node of A takes for the gateway's while the lab host claims to be it. */
  async function believed(): Promise<string[]> {
    const inNode = ['netns', 'exec', a.node.netns];
    // Else the kernel ignores a claim in the second after it learnt an address.
    ip(...inNode, 'sysctl', '-qw', 'net.ipv4.neigh.eth0.locktime=0');
    ip('-n', a.node.netns, 'neigh', 'flush', 'all');
    await reachFrom(a.node.netns, [`ping ${a.gateway}`]);
    // Looked at all the time, as the true gateway may correct the node at any moment.
    const look = `for i in {1..50}; do ip neigh show ${a.gateway}; sleep 0.05; done`;
    const looking = run('ip', [...inNode, 'bash', '-c', look]);
    const claim = `ip neigh flush all; ip address add ${a.gateway}/32 dev mgmt0
      ping -c 2 -W 1 -I ${a.gateway} ${a.nodeAddress} >/dev/null; ip address del ${a.gateway}/32 dev mgmt0`;
    await both.lab.inside(a.id, claim);
    return [...new Set((await looking).stdout.match(/(?<=lladdr )\S+/g))];
  }

  it('cannot make their node believe that they are the gateway', async () => {
    expect(await believed()).toEqual([bridgeMac(a)]);
  });

  /** Link-local addresses of the bridge and of the node, seen through that interface. */
  const overIpv6 = (device: string): string[] => [
    `http://[${linkLocal(['-j', 'address', 'show', 'dev', a.network.bridge])}%25${device}]:${both.port}/`,
    `http://[${linkLocal(['-n', a.node.netns, '-j', 'address', 'show', 'dev', 'eth0'])}%25${device}]:6443/`,
  ];
  const ipv6On = 'ip link set mgmt0 addrgenmode eui64; ip address add fe80::2/64 dev mgmt0 nodad';

  it('reach nothing by IPv6', async () => {
    const [bridge = ''] = overIpv6(a.network.bridge);
    const [, node = ''] = overIpv6('eth0');
    await open(() => reachFrom(undefined, [bridge]), [bridge]);
    await open(() => reachFrom(a.node.netns, [node]), [node]);
    await both.lab.inside(a.id, ipv6On);
    expect(await fromLab(a, overIpv6('mgmt0'))).toEqual([]);
  });

  it('reach nothing else from their node, which a pod may have taken over', async () => {
    expect(await reachFrom(a.node.netns, forbidden())).toEqual([]);
    const [bridge = ''] = overIpv6('eth0');
    expect(await reachFrom(a.node.netns, [bridge])).toEqual([]);
    expect(await reserved(a.node.netns, a.node.mac, a.nodeAddress)).toBe(false);
  });

  /** Whether the machine hears a packet in a frame that a bridge does not judge but hands over. */
  async function reserved(netns: string, from: string, address: string): Promise<boolean> {
    const packet = ipv4Udp({ from: address, to: a.gateway, port: both.port, name: 'reserved' });
    await both.heard();
    sendFrames(netns, 'eth0', [ethernet({ to: '01:80:c2:00:00:0e', from, type: [0x0800], body: packet })]);
    return (await both.heard()).some((text) => text.includes('reserved'));
  }

  it('let no frame through that is not their own, and every one without the fence of the port', async () => {
    const port = {
      port: 'whvisoaf',
      mac: '02:00:00:00:77:20',
      address: '10.251.77.20',
      sandbox: 'wh-isoa-1',
    };
    const netns = 'wh-isoa-frames';
    ip('netns', 'add', netns);
    ip('link', 'add', port.port, 'type', 'veth', 'peer', 'name', 'eth0', 'address', port.mac, 'netns', netns);
    ip('link', 'set', port.port, 'master', a.network.bridge);
    ip('link', 'set', port.port, 'up');
    ip('-n', netns, 'link', 'set', 'eth0', 'up');
    const frame = (name: string, body: Buffer, type = [0x0800], from = port.mac): [string, string] => [
      name,
      ethernet({ to: a.node.mac, from, type, body }),
    ];
    const packet = (name: string, from = port.address): Buffer =>
      ipv4Udp({ from, to: a.nodeAddress, port: 9, name });
    const claim = (name: string, from = port.address, sender = port.mac): Buffer =>
      arpRequest({ mac: sender, from, to: a.nodeAddress, name });
    const frames = [
      frame('own IPv4', packet('own IPv4')),
      frame('another address', packet('another address', a.lab)),
      frame('another MAC', packet('another MAC'), [0x0800], a.labMac),
      frame('claim of the gateway', claim('claim of the gateway', a.gateway), [0x0806]),
      frame('claim for another', claim('claim for another', port.address, a.labMac), [0x0806]),
      frame('tagged', packet('tagged'), [0x8100, 10, 0x0800]),
      frame('tagged by a provider', packet('tagged by a provider'), [0x88a8, 10, 0x0800]),
      frame('IPv6', ipv6('IPv6'), [0x86dd]),
      frame('another protocol', mark('another protocol'), [0x88b5]),
      frame('own ARP', claim('own ARP'), [0x0806]),
    ];
    const seen = async (): Promise<string[]> => {
      const sniffer = await sniff(a.node.netns, 'eth0');
      sendFrames(
        netns,
        'eth0',
        frames.map(([, bytes]) => bytes),
      );
      return (await sniffer.until('own ARP')).toSorted();
    };
    try {
      await both.fence.addPort(port);
      expect(await seen()).toEqual(['own ARP', 'own IPv4']);
      expect(await reserved(netns, port.mac, port.address)).toBe(false);
      await both.fence.removePort(port.port);
      expect(await seen()).toEqual(frames.map(([name]) => name).toSorted());
    } finally {
      ip('link', 'delete', port.port);
      ip('netns', 'delete', netns);
    }
  });

  it('would reach all that without the fence, so that these tests could fail', async () => {
    await both.fence.sweep();
    await both.lab.inside(a.id, `ip route replace default via ${a.gateway}; ${ipv6On}; true`);
    const all = [...machine, resolver, ...outside, ...overIpv6('mgmt0')];
    await open(() => fromLab(a, all), all);
    expect(await believed()).toContain(a.labMac);
    expect(await reserved(a.node.netns, a.node.mac, a.nodeAddress)).toBe(true);
    await both.lab.inside(a.id, as(a.gateway.replace(/\d+$/, '9'), '02:00:00:00:00:77'));
    await open(() => fromLab(a, targetsOf(a).slice(0, 4)), targetsOf(a).slice(0, 4));
  });

  it('are apart again as soon as it is there again', async () => {
    for (const { id, network } of [a, b]) {
      await both.fence.addBridge({ bridge: network.bridge, sandbox: `wh-${id}-1` });
    }
    await mend(a);
    await mend(b);
    await both.lab.inside(a.id, `ip route replace default via ${a.gateway}`);
    expect(await fromLab(a, forbidden())).toEqual([]);
    await open(() => fromLab(a, ownNode(a)), ownNode(a));
  });

  it('lose the machine at once when the bridge goes under their link', async () => {
    // The end of the link is an interface of the machine then, without a bridge before it.
    ip('link', 'set', `whv${a.id}1`, 'nomaster');
    ip('address', 'add', '10.251.77.62/32', 'dev', `whv${a.id}1`);
    ip('route', 'add', `${a.lab}/32`, 'dev', `whv${a.id}1`);
    await both.lab.inside(a.id, 'ip route replace default dev mgmt0');
    const here = [`http://10.251.77.62:${both.port}/`, 'ping 10.251.77.62', ...machine];
    expect(await fromLab(a, here)).toEqual([]);
    await both.fence.removePort(`whv${a.id}1`);
    await open(() => fromLab(a, ['ping 10.251.77.62']), ['ping 10.251.77.62']);
    ip('address', 'del', '10.251.77.62/32', 'dev', `whv${a.id}1`);
    await mend(a);
    await open(() => fromLab(a, ownNode(a)), ownNode(a));
  });
});
