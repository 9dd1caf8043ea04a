/** One sandbox's own network: a Linux bridge, which need not exist yet. */
export interface FencedBridge {
  /** Name of the bridge. */
  bridge: string;
  /** Says whose it is, such as `wh-k3f9x2m7qa-1`. */
  sandbox: string;
}

/** The machine's end of the link of a lab host, which need not exist yet. */
export interface FencedPort {
  /** Name of the veth's end on the machine. */
  port: string;
  /** The only addresses that may come out of it. */
  mac: string;
  address: string;
  sandbox: string;
}

/** An element of a set: where, the key as nftables writes it. */
export interface Element {
  family: 'inet' | 'bridge';
  set: 'bridges' | 'pairs' | 'ports' | 'sources';
  key: string;
}

const INTERFACE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/;
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;
const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;
const SANDBOX = /^[A-Za-z0-9_.-]{1,100}$/;

/** The text goes into a program that root runs: nothing but these shapes may. */
function checked(pattern: RegExp, what: string, text: string): string {
  if (!pattern.test(text)) throw new Error(`fence: ${JSON.stringify(text)} is no ${what}`);
  return text;
}

export function interfaceName(name: string): string {
  return checked(INTERFACE, 'name of an interface (1 to 15 of A-Z a-z 0-9 _ . -)', name);
}

export function sandboxMark(sandbox: string): string {
  return checked(SANDBOX, 'mark of a sandbox (A-Z a-z 0-9 _ . -)', sandbox);
}

/** Install ids may begin with a digit or a hyphen, which a name of nftables may not. */
export function tableName(installId: string): string {
  return `wheelhouse_${checked(/^[A-Za-z0-9_-]{1,60}$/, 'install id (A-Z a-z 0-9 _ -)', installId)}`;
}

export function bridgeElements(name: string): Element[] {
  const quoted = `"${interfaceName(name)}"`;
  return [
    { family: 'inet', set: 'bridges', key: quoted },
    { family: 'inet', set: 'pairs', key: `${quoted} . ${quoted}` },
  ];
}

export function portElements(name: string): Element[] {
  const key = `"${interfaceName(name)}"`;
  return [
    { family: 'inet', set: 'ports', key },
    { family: 'bridge', set: 'ports', key },
  ];
}

export function sourceElement(port: string, mac: string, address: string): Element {
  const parts = [
    `"${interfaceName(port)}"`,
    checked(MAC, 'MAC address (lower case)', mac),
    checked(IPV4, 'IPv4 address', address),
  ];
  return { family: 'bridge', set: 'sources', key: parts.join(' . ') };
}

export function addText(table: string, { family, set, key }: Element, sandbox: string): string {
  return `add element ${family} ${table} ${set} { ${key} comment "${sandboxMark(sandbox)}" }\n`;
}

/** Added first, as nftables refuses to delete what is not there, and older ones know no word for it. */
export function deleteText(table: string, { family, set, key }: Element): string {
  const at = `element ${family} ${table} ${set} { ${key} }\n`;
  return `add ${at}delete ${at}`;
}
