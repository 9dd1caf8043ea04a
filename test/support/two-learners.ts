import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { linkMac } from '../../src/drivers/oci/link-names.js';
import { Fence } from '../../src/linux/fence/fence.js';
import { makeOciLab, provision, type OciLab } from './lab-host.js';
import { standInNode, type StandIn } from './stand-in-node.js';

export interface Learner {
  id: string;
  network: { bridge: string; hostCidr: string };
  gateway: string;
  subnet: string;
  lab: string;
  labMac: string;
  nodeAddress: string;
  node: StandIn;
}

export interface TwoLearners {
  lab: OciLab;
  fence: Fence;
  a: Learner;
  b: Learner;
  /** A network that is no sandbox's, beyond the machine. */
  outside: StandIn;
  outsideAddress: string;
  /** Where the machine itself answers, by TCP and UDP, on all its addresses. */
  port: number;
  /** What came there by UDP since the last call. */
  heard(): Promise<string[]>;
  remove(): Promise<void>;
}

export const METADATA = '169.254.169.254';

const docker = (...args: string[]): string => execFileSync('docker', args, { encoding: 'utf8' });

/** The fence, then the network as the kind driver makes it, then what stands for the node, then the lab host. */
async function learner(o: {
  lab: OciLab;
  fence: Fence;
  id: string;
  third: number;
  slot: number;
}): Promise<Learner> {
  const at = (host: number): string => `10.251.${o.third}.${host}`;
  const network = { bridge: `whb${o.id}1`, hostCidr: `${at(2)}/26` };
  const common = { id: o.id, network, gateway: at(1), subnet: `${at(0)}/26`, lab: at(2), nodeAddress: at(3) };
  await o.fence.addBridge({ bridge: network.bridge, sandbox: `wh-${o.id}-1` });
  docker(
    ...['network', 'create', '--driver', 'bridge', '--subnet', common.subnet, '--gateway', at(1)],
    ...['--aux-address', `lab-host=${at(2)}`, '--opt', `com.docker.network.bridge.name=${network.bridge}`],
    `wh-${o.id}-1`,
  );
  const node = await standInNode({
    ...{ netns: `wh-${o.id}-node`, port: `whn${o.id}1`, bridge: network.bridge },
    ...{ cidr: `${at(3)}/26`, gateway: at(1), tcp: [6443, 30080] },
  });
  const spec = { slot: o.slot, requires: ['netns' as const], link: true };
  await provision(o.lab.driver, o.id, spec, 1, network);
  await o.lab.inside(
    o.id,
    "socat TCP-LISTEN:8000,fork,reuseaddr SYSTEM:'echo hi' >/dev/null 2>&1 </dev/null &",
  );
  return { ...common, node, labMac: linkMac(o.id) };
}

/** Answers on every address that the machine has: as the service, the database, Docker, SSH and a resolver would. */
async function machineServices(): Promise<{
  port: number;
  heard(): Promise<string[]>;
  close(): Promise<void>;
}> {
  const tcp = createServer((_request, response) => response.end('machine')).listen(0, '::');
  await once(tcp, 'listening');
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket('udp6');
  let heard: string[] = [];
  udp.on('message', (bytes, from) => {
    heard.push(bytes.toString());
    udp.send(bytes, from.port, from.address);
  });
  udp.bind(port, '::');
  await once(udp, 'listening');
  return {
    port,
    heard: async () => {
      // What came before this datagram has been heard when it is answered.
      const last = createSocket('udp4');
      last.send('last', port, '127.0.0.1');
      await once(last, 'message');
      last.close();
      const all = heard;
      heard = [];
      return all;
    },
    close: async () => {
      udp.close();
      tcp.closeAllConnections();
      tcp.close();
      await once(tcp, 'close');
    },
  };
}

export async function twoLearners(): Promise<TwoLearners> {
  const lab = makeOciLab();
  const fence = new Fence(lab);
  const a = await learner({ lab, fence, id: 'isoa', third: 77, slot: 0 });
  const b = await learner({ lab, fence, id: 'isob', third: 78, slot: 1 });
  const outsideAddress = '10.251.79.2';
  const outside = await standInNode({
    ...{ netns: 'wh-iso-outside', port: 'whisoout' },
    ...{ cidr: `${outsideAddress}/24`, gateway: '10.251.79.1', tcp: [6443] },
  });
  execFileSync('ip', ['address', 'add', `${METADATA}/32`, 'dev', outside.port]);
  const services = await machineServices();
  return {
    ...{ lab, fence, a, b, outside, outsideAddress, port: services.port, heard: () => services.heard() },
    async remove() {
      await services.close();
      await outside.remove();
      for (const { id, node } of [a, b]) {
        await lab.driver.destroy(id, { signal: AbortSignal.timeout(20_000), deadline: Infinity });
        await node.remove();
        docker('network', 'rm', `wh-${id}-1`);
        await fence.removeBridge(`whb${id}1`);
      }
      await lab.remove();
    },
  };
}
