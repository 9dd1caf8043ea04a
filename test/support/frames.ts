import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

const PERL_SOCKET = `
use Socket;
my ($name) = shift @ARGV;
open(my $file, '<', "/sys/class/net/$name/ifindex") or die $!;
my $index = <$file> + 0;
socket(my $packet, 17, SOCK_RAW, unpack('S', pack('n', 3))) or die $!;
bind($packet, pack('S n i S C C a8', 17, 3, $index, 0, 0, 6, '')) or die $!;
`;
const SEND = `${PERL_SOCKET} send($packet, pack('H*', $_), 0) or die $! for @ARGV;`;
/** Prints the mark of every frame that has one. */
const SNIFF = `${PERL_SOCKET} $| = 1; print "ready\n"; my $frame;
while (recv($packet, $frame, 2000, 0), 1) { print "$1\n" if $frame =~ /<mark (.*?)>/s }`;

const mac = (text: string): Buffer => Buffer.from(text.replaceAll(':', ''), 'hex');
const address = (text: string): Buffer => Buffer.from(text.split('.').map(Number));
const number = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);

/** Found again by the sniffer, and by whoever receives the payload. */
export const mark = (name: string): Buffer => Buffer.from(`<mark ${name}>`.padEnd(64));

export function ethernet(o: { to: string; from: string; type: number[]; body: Buffer }): string {
  return Buffer.concat([mac(o.to), mac(o.from), ...o.type.map(number), o.body]).toString('hex');
}

export function ipv4Udp(o: { from: string; to: string; port: number; name: string }): Buffer {
  const payload = mark(o.name);
  const udp = Buffer.concat([number(5353), number(o.port), number(8 + payload.length), number(0), payload]);
  const head = Buffer.concat([
    Buffer.from([0x45, 0]),
    number(20 + udp.length),
    Buffer.from([0, 1, 0, 0, 64, 17, 0, 0]),
    ...[address(o.from), address(o.to)],
  ]);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += head.readUInt16BE(at);
  head.writeUInt16BE(~((sum & 0xffff) + (sum >> 16)) & 0xffff, 10);
  return Buffer.concat([head, udp]);
}

export function arpRequest(o: { mac: string; from: string; to: string; name: string }): Buffer {
  const head = Buffer.from([0, 1, 8, 0, 6, 4, 0, 1]);
  return Buffer.concat([head, mac(o.mac), address(o.from), Buffer.alloc(6), address(o.to), mark(o.name)]);
}

/** To all nodes of the link, from a link-local address, without a next header. */
export function ipv6(name: string): Buffer {
  const payload = mark(name);
  const head = Buffer.concat([Buffer.from([0x60, 0, 0, 0]), number(payload.length), Buffer.from([59, 64])]);
  const from = Buffer.from(`fe80${'00'.repeat(13)}02`, 'hex');
  const to = Buffer.from(`ff02${'00'.repeat(13)}01`, 'hex');
  return Buffer.concat([head, from, to, payload]);
}

export function sendFrames(netns: string, device: string, frames: string[]): void {
  execFileSync('ip', ['netns', 'exec', netns, 'perl', '-e', SEND, device, ...frames]);
}

/** Marks of the frames that arrive at a device, until the last one sent has arrived. */
export async function sniff(netns: string, device: string) {
  const child = spawn('ip', ['netns', 'exec', netns, 'perl', '-e', SNIFF, device]);
  let text = '';
  child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
  await once(child.stdout, 'data');
  return {
    async until(last: string): Promise<string[]> {
      while (!text.includes(`${last}\n`)) await once(child.stdout, 'data');
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      return [...new Set(text.split('\n').filter((line) => line !== '' && line !== 'ready'))];
    },
  };
}
