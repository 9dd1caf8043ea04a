import { BlockList, isIP } from 'node:net';
import { insideCidr } from '../grading/cidr.js';

/** What is nobody's public server: private, shared, loopback, link-local (cloud metadata), test, multicast, reserved. */
const INTERNAL_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
];
/** Only 2000::/3 is routed; of it, these carry an IPv4 address inside or are for documents. */
const PUBLIC_V6 = '2000::/3';
const INTERNAL_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const v4 = blockListOf(INTERNAL_V4, 'ipv4');
const v6 = blockListOf(INTERNAL_V6, 'ipv6');
const publicV6 = blockListOf([PUBLIC_V6], 'ipv6');

function blockListOf(networks: string[], family: 'ipv4' | 'ipv6'): BlockList {
  const blocked = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    blocked.addSubnet(address, Number(prefix), family);
  }
  return blocked;
}

/** `::ffff:10.0.0.1` in any spelling -> `10.0.0.1`; everything else as it is. */
export function plainAddress(address: string): string {
  if (isIP(address) !== 6 || address.includes('%')) return address;
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (!mapped) return canonical;
  const [high, low] = [Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** Whether a server of the public internet can have this address; whatever is no address is internal. */
export function isInternal(address: string): boolean {
  const plain = plainAddress(address);
  const version = isIP(plain);
  if (version === 4) return v4.check(plain, 'ipv4');
  // A zone (`fe80::1%eth0`) is only ever local.
  if (version !== 6 || plain.includes('%')) return true;
  return !publicV6.check(plain, 'ipv6') || v6.check(plain, 'ipv6');
}

export function isAllowed(address: string, networks: readonly string[]): boolean {
  return networks.some((network) => insideCidr(plainAddress(address), network));
}
