import { describeWith } from '../support/capability.js';
import { makeOciLab, provision, type OciLab } from '../support/lab-host.js';

/** The course's section 4.2, with the address of red that its text forgot. */
const SECTION_4_2 = `
ip netns add red
ip netns add green
ovs-vsctl add-br ovs1
ip link add eth0-r type veth peer name veth-r
ip link set eth0-r netns red
ovs-vsctl add-port ovs1 veth-r
ip link set veth-r up
ip netns exec red ip link set dev lo up
ip netns exec red ip link set dev eth0-r up
ip netns exec red ip addr add 10.0.0.1/24 dev eth0-r
ip link add eth0-g type veth peer name veth-g
ip link set eth0-g netns green
ovs-vsctl add-port ovs1 veth-g
ip link set veth-g up
ip netns exec green ip link set dev lo up
ip netns exec green ip link set dev eth0-g up
ip netns exec green ip addr add 10.0.0.2/24 dev eth0-g
`;

describeWith(['root', 'runc'], 'networks inside a lab host', () => {
  let lab: OciLab;

  beforeAll(async () => {
    lab = makeOciLab();
    await provision(lab.driver, 'net', { slot: 0, requires: ['netns', 'ovs', 'nft'] });
  });

  afterAll(() => lab.remove());

  it('joins two namespaces by Open vSwitch, line by line as in the course', async () => {
    for (const line of SECTION_4_2.trim().split('\n')) await lab.inside('net', line);
    const ping = await lab.inside('net', 'ip netns exec red ping -c 3 -i 0.2 10.0.0.2');
    expect(ping).toContain('3 packets transmitted, 3 received, 0% packet loss');
    expect(await lab.inside('net', 'ovs-vsctl list-ports ovs1')).toBe('veth-g\nveth-r\n');
  });

  it('carries TCP between them, checksums included', async () => {
    const received = await lab.inside(
      'net',
      `ip netns exec green timeout 10 nc -l -p 5000 > /tmp/got & server=$!
       until ip netns exec green ss -ltn | grep -q :5000; do :; done
       head -c 5000000 /dev/zero | ip netns exec red timeout 10 nc -N 10.0.0.2 5000 && wait $server && stat -c %s /tmp/got`,
    );
    expect(received.trim()).toBe('5000000');
  });

  it('shows the learner a single loopback that is up, and no way out', async () => {
    expect(await lab.inside('net', 'ip -br link show type veth | wc -l; ip route')).toBe('2\n');
    expect(await lab.inside('net', 'ping -c 1 -W 1 127.0.0.1 >/dev/null && echo up')).toBe('up\n');
  });

  it('filters with nftables where the lab asks for it', async () => {
    await lab.inside('net', 'nft add table inet lab');
    expect(await lab.inside('net', 'nft list tables')).toBe('table inet lab\n');
  });

  it('has the tools of the course, and their manual', async () => {
    const tools = [
      'ip',
      'ping',
      'ovs-vsctl',
      'ovs-ofctl',
      'nft',
      'iptables',
      'tcpdump',
      'curl',
      'kubectl',
      'vi',
      'nano',
    ];
    await lab.inside(
      'net',
      `for t in ${tools.join(' ')} less jq man nc ss ethtool; do command -v $t >/dev/null || { echo $t; exit 1; }; done`,
    );
    const manual = await lab.inside(
      'net',
      'for page in ip ip-netns ip-link ovs-vsctl tcpdump nft; do man $page | head -1; done',
    );
    expect(manual.toUpperCase()).toMatch(/^IP\(8\)[^]*IP-NETNS\(8\)[^]*OVS-VSCTL\(8\)[^]*NFT\(8\)/);
    const version = await lab.inside('net', 'kubectl version --client -o json | jq -r .clientVersion.minor');
    expect(Number(version)).toBeGreaterThanOrEqual(30);
  });
});
