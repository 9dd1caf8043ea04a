import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Answers HTTP at each TCP port and echoes at UDP port 53, over IPv4 and IPv6. */
const SERVER = `
const http = require('node:http');
const dgram = require('node:dgram');
const listening = process.argv.slice(1).map((port) => new Promise((done) =>
  http.createServer((request, response) => response.end('node')).listen(Number(port), '::', done)));
const udp = dgram.createSocket('udp6');
udp.on('message', (bytes, from) => udp.send(bytes, from.port, from.address));
listening.push(new Promise((done) => udp.bind(53, '::', done)));
Promise.all(listening).then(() => console.log('ready'));
`;

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });

export interface StandIn {
  netns: string;
  /** Name of the machine's end of its link. */
  port: string;
  /** The MAC address of its interface. */
  mac: string;
  remove(): Promise<void>;
}

/** A network namespace with servers in it, which a cluster's node takes tens of seconds to be. */
export async function standInNode(o: {
  netns: string;
  port: string;
  cidr: string;
  /** Default route; the machine's end gets it as its address where there is no bridge. */
  gateway: string;
  bridge?: string;
  tcp: number[];
}): Promise<StandIn> {
  ip('netns', 'add', o.netns);
  ip('link', 'add', o.port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', o.netns);
  if (o.bridge === undefined) ip('address', 'add', `${o.gateway}/24`, 'dev', o.port);
  else ip('link', 'set', o.port, 'master', o.bridge);
  ip('link', 'set', o.port, 'up');
  ip('-n', o.netns, 'link', 'set', 'lo', 'up');
  ip('-n', o.netns, 'address', 'add', o.cidr, 'dev', 'eth0');
  ip('-n', o.netns, 'link', 'set', 'eth0', 'up');
  ip('-n', o.netns, 'route', 'add', 'default', 'via', o.gateway);
  const argv = ['netns', 'exec', o.netns, process.execPath, '-e', SERVER, '--', ...o.tcp.map(String)];
  const server: ChildProcess = spawn('ip', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(server.stdout!, 'data');
  const [link] = JSON.parse(ip('-n', o.netns, '-j', 'link', 'show', 'eth0')) as { address: string }[];
  return {
    ...{ netns: o.netns, port: o.port, mac: link!.address },
    async remove() {
      const exited = once(server, 'exit');
      server.kill('SIGKILL');
      await exited;
      ip('link', 'delete', o.port);
      ip('netns', 'delete', o.netns);
    },
  };
}
