/** Networks that the machine, its engine or a cluster use, or that are no place for hosts: never drawn for a learner. */
export const RESERVED_NETWORKS: readonly string[] = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/3',
  // Behind the uplink of a lab host.
  '198.51.100.0/24',
  // Those of a Docker engine, then of services and pods in a kind cluster.
  '172.16.0.0/12',
  '10.96.0.0/16',
  '10.244.0.0/16',
  // Where sandboxes are joined to their clusters, unless the service is told otherwise.
  '10.253.0.0/16',
];

/** Whether a drawn value is an address, or the beginning of one (`10.20.7`), that meets one of the networks. */
export function meetsReserved(value: unknown, networks: readonly string[]): boolean {
  const range = typeof value === 'string' ? rangeOf(value) : undefined;
  return range !== undefined && networks.some((network) => overlaps(range, rangeOf(network)));
}

interface Range {
  first: number;
  last: number;
}

function overlaps(a: Range, b: Range | undefined): boolean {
  return b !== undefined && a.first <= b.last && b.first <= a.last;
}

/** `10.20.7` stands for all of 10.20.7.0/24, an address for itself; undefined for what is neither. */
function rangeOf(text: string): Range | undefined {
  const found = /^(\d{1,3}(?:\.\d{1,3}){1,3})(?:\/(\d{1,2}))?$/.exec(text);
  const octets = found?.[1]!.split('.').map(Number) ?? [];
  if (octets.length === 0 || octets.some((octet) => octet > 255)) return undefined;
  const bits = found![2] === undefined ? 8 * octets.length : Number(found![2]);
  if (bits > 32) return undefined;
  const address = [0, 1, 2, 3].reduce((sum, i) => sum * 256 + (octets[i] ?? 0), 0);
  const size = 2 ** (32 - bits);
  const first = Math.floor(address / size) * size;
  return { first, last: first + size - 1 };
}
