import { readdirSync } from 'node:fs';
import { z } from 'zod';
import { runCommand } from '../../linux/exec/command.js';
import { CommandError } from '../../linux/exec/command-error.js';
import type { Fence } from '../../linux/fence/fence.js';
import { enterArgv, entryFds } from '../../linux/netns/enter.js';
import type { HostHandle } from '../../linux/netns/host-handle.js';
import { DriverError } from '../driver-error.js';
import type { HostNetwork } from '../host-driver.js';
import type { Layout } from './layout.js';
import { linkAlias, linkMac, linkName, PEER } from './link-names.js';
import { isBridge, lookAtInterface } from './link-state.js';
import { hostName } from './names.js';
import { openHost } from './open-host.js';

const IP_MS = 10_000;
const CIDR = /^(\d{1,3}(?:\.\d{1,3}){3})\/\d{1,2}$/;

const peers = z.array(
  z.object({
    address: z.string().optional(),
    flags: z.array(z.string()),
    addr_info: z.array(z.object({ local: z.string().optional(), prefixlen: z.number() })),
  }),
);

interface Wanted {
  /** Name of the machine's end. */
  port: string;
  alias: string;
  mac: string;
  network: HostNetwork;
}

/**
 * The links of lab hosts to the bridges of their clusters: a veth whose end on the machine is a port of the bridge and
 * whose other end is `mgmt0` inside. Only names say what belongs to whom, so a link is found again after a crash.
 */
export class HostLinks {
  /** Ports with a fence and whose they are, as the kernel listed them once and as this object changed them since. */
  private fenced: Promise<Map<string, string>> | undefined;

  constructor(private readonly o: { layout: Layout; fence: Fence }) {}

  /** The fence comes first, and stays until the link is gone. */
  async join(id: string, attempt: number, network: HostNetwork, signal: AbortSignal): Promise<void> {
    const name = hostName(id, attempt);
    const port = linkName(id, attempt);
    const address = CIDR.exec(network.hostCidr)?.[1];
    if (address === undefined) {
      throw new DriverError('invalid_spec', `${name}: ${network.hostCidr} is no address with a prefix`);
    }
    const { fence, layout } = this.o;
    if (!isBridge(network.bridge)) throw new DriverError('not_found', `no bridge ${network.bridge}`);
    if (!(await fence.bridges()).includes(network.bridge)) {
      throw new DriverError(
        'conflict',
        `the bridge ${network.bridge} has no fence: nothing may be joined to it`,
      );
    }
    const mac = linkMac(id);
    const wanted = { port, mac, network, alias: linkAlias(layout.installId, name) };
    await fence.addPort({ port, mac, address, sandbox: name });
    (await this.ports()).set(port, name);
    const host = openHost(layout, name);
    try {
      if (!(await isWhole(host, wanted, signal))) {
        await removeLink(port, wanted.alias);
        await makeLink(host, wanted, signal);
      }
      await ip([`link set dev ${port} master ${network.bridge}`, `link set dev ${port} up`], signal);
    } finally {
      host.close();
    }
  }

  /** Success on nothing. */
  async remove(id: string, attempt: number): Promise<void> {
    const name = hostName(id, attempt);
    const ports = await this.ports();
    const own = [...ports].filter(([, owner]) => owner === name).map(([port]) => port);
    const alias = linkAlias(this.o.layout.installId, name);
    for (const port of new Set([`whv${id}${attempt}`, ...own]))
      await removeLink(port, alias, { others: 'stay' });
    for (const port of own) {
      await this.o.fence.removePort(port);
      ports.delete(port);
    }
  }

  /** Attempts of a sandbox of which a link or a fence is left, whatever became of the lab host. */
  async attempts(id: string): Promise<number[]> {
    const owners = [...(await this.ports()).values()];
    const aliases = readdirSync('/sys/class/net')
      .filter((name) => name.startsWith(`whv${id}`))
      .map((name) => lookAtInterface(name)?.alias ?? '');
    const found = [...Array(10).keys()].filter((attempt) => {
      const name = hostName(id, attempt);
      return owners.includes(name) || aliases.includes(linkAlias(this.o.layout.installId, name));
    });
    return found;
  }

  private ports(): Promise<Map<string, string>> {
    this.fenced ??= this.o.fence.owners().catch((error: unknown) => {
      this.fenced = undefined;
      throw error;
    });
    return this.fenced;
  }
}

async function ip(lines: string[], signal: AbortSignal): Promise<void> {
  await runCommand({ argv: ['ip', '-batch', '-'], input: `${lines.join('\n')}\n`, timeoutMs: IP_MS, signal });
}

/** `ip` of the machine in the lab host's own network namespace; the kernel refuses one that it does not own. */
function inside(host: HostHandle, args: string[], o: { input?: string; signal: AbortSignal }) {
  const fds = entryFds({ netns: host.mainNetns, userNs: host.userNs });
  return runCommand({ argv: enterArgv('ip', args), extraFds: fds, timeoutMs: IP_MS, accept: [0, 1], ...o });
}

/** The learner is root in there: an end that was renamed, moved or given another address is made anew. */
async function isWhole(host: HostHandle, wanted: Wanted, signal: AbortSignal): Promise<boolean> {
  if (lookAtInterface(wanted.port)?.alias !== wanted.alias) return false;
  const { exit, stdout } = await inside(host, ['-j', 'addr', 'show', 'dev', PEER], { signal });
  if (exit !== 0) return false;
  const [peer] = peers.parse(JSON.parse(stdout));
  const addresses = peer?.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`) ?? [];
  const { mac, network } = wanted;
  return peer?.address === mac && peer.flags.includes('UP') && addresses.includes(network.hostCidr);
}

/** Both ends at once, each in its place and down; the machine's end goes up last, when the rest is as it should be. */
async function makeLink(host: HostHandle, wanted: Wanted, signal: AbortSignal): Promise<void> {
  const { port, alias, mac, network } = wanted;
  const target = `/proc/${process.pid}/fd/${host.mainNetns}`;
  const create = [
    `link add name ${port} type veth peer name ${PEER} address ${mac} netns ${target}`,
    `link set dev ${port} addrgenmode none`,
    `link set dev ${port} alias "${alias}"`,
  ];
  try {
    await ip(create, signal);
  } catch (error) {
    if (!(error instanceof CommandError && /File exists/.test(error.output))) throw error;
    // Something else of the learner's has that name inside.
    await inside(host, ['link', 'delete', 'dev', PEER], { signal });
    await ip(create, signal);
  }
  const lines = [
    `link set dev ${PEER} addrgenmode none`,
    `address add ${network.hostCidr} broadcast + dev ${PEER}`,
    `link set dev ${PEER} up`,
  ];
  const { exit, stderr } = await inside(host, ['-batch', '-'], { input: `${lines.join('\n')}\n`, signal });
  if (exit !== 0) throw new DriverError('command_failed', `${PEER} behind ${port}: ${stderr.trim()}`);
}

/** Its other end goes with it. One without an alias was left by a start that was killed. */
async function removeLink(port: string, alias: string, o: { others?: 'stay' } = {}): Promise<void> {
  const seen = lookAtInterface(port);
  if (!seen) return;
  if (seen.alias !== '' && seen.alias !== alias) {
    if (o.others === 'stay') return;
    throw new DriverError(
      'conflict',
      `an interface ${port} exists that is not ours ("${seen.alias}"): remove it`,
    );
  }
  try {
    await runCommand({ argv: ['ip', 'link', 'delete', 'dev', port], timeoutMs: IP_MS });
  } catch (error) {
    if (lookAtInterface(port)) throw error;
  }
}
