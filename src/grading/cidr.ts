import { BlockList, isIP } from 'node:net';

function parse(text: string): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [address, length, ...more] = text.split('/');
  const version = isIP(address ?? '');
  if (version === 0 || more.length > 0) return undefined;
  const bits = version === 4 ? 32 : 128;
  const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : -1;
  if (prefix < 0 || prefix > bits) return undefined;
  return { address: address!, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

export function isCidr(text: string): boolean {
  return parse(text) !== undefined;
}

/** Whether an address or a prefix lies inside the network; false for anything that is neither. */
export function insideCidr(candidate: string, network: string): boolean {
  const net = parse(network);
  const inner = parse(candidate);
  if (!net || !inner || net.family !== inner.family || inner.prefix < net.prefix) return false;
  const list = new BlockList();
  list.addSubnet(net.address, net.prefix, net.family);
  return list.check(inner.address, inner.family);
}
