/** A range of IPv4 addresses, first and last, as numbers. */
export interface Range {
  first: number;
  last: number;
}

/** Prefix of a cluster's network: 64 addresses, of which nodes take at most three. */
const PREFIX = 26;
const SIZE = 2 ** (32 - PREFIX);

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function toAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** `10.253.0.0/16` or a single address; undefined for what is no IPv4. */
export function parseRange(text: string): Range | undefined {
  const found = /^(\d{1,3}(?:\.\d{1,3}){3})(?:\/(\d{1,2}))?$/.exec(text);
  if (!found) return undefined;
  const [address = '', bits] = [found[1], Number(found[2] ?? 32)];
  if (bits > 32 || address.split('.').some((part) => Number(part) > 255)) return undefined;
  const size = 2 ** (32 - bits);
  const first = Math.floor(toNumber(address) / size) * size;
  return { first, last: first + size - 1 };
}

export function overlaps(a: Range, b: Range): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** Networks of the pool that nothing in `taken` touches, in order. */
export function* freeSubnets(pool: string, taken: Range[]): Generator<Range> {
  const range = parseRange(pool);
  if (!range || range.last - range.first + 1 < SIZE) {
    throw new Error(
      `network pool ${JSON.stringify(pool)}: expected IPv4 with a prefix of /${PREFIX} or wider`,
    );
  }
  for (let first = range.first; first + SIZE - 1 <= range.last; first += SIZE) {
    const subnet = { first, last: first + SIZE - 1 };
    if (!taken.some((other) => overlaps(subnet, other))) yield subnet;
  }
}

export interface Addresses {
  subnet: string;
  gateway: string;
  /** The lab host's, which no node may get. */
  labHost: string;
  hostCidr: string;
}

export function addressesOf({ first }: Range): Addresses {
  const labHost = toAddress(first + 2);
  return {
    subnet: `${toAddress(first)}/${PREFIX}`,
    gateway: toAddress(first + 1),
    labHost,
    hostCidr: `${labHost}/${PREFIX}`,
  };
}
