import { asId, distinctIds, ImportError, type LeftOut } from './imported.js';
import type { LabConf } from './kathara-conf.js';
import { parseStartup, type Effect } from './startup-commands.js';

export interface Port {
  machine: string;
  /** In the machine: `eth0`. */
  ifname: string;
  /** The other end, in the lab host. */
  outer: string;
  mac: string | null;
  mtu: number | null;
}

export interface Domain {
  name: string;
  /** The name as ids allow it, once in the topology. */
  id: string;
  /** Of the lab host. */
  bridge: string;
  ports: Port[];
}

export interface Machine {
  name: string;
  id: string;
  addrs: Extract<Effect, { kind: 'addr' }>[];
  routes: Extract<Effect, { kind: 'route' }>[];
  sysctls: Extract<Effect, { kind: 'sysctl' }>[];
}

/** Machines as network namespaces, collision domains as bridges of the lab host, cables as veth pairs. */
export interface Topology {
  machines: Machine[];
  domains: Domain[];
}

/** An interface's name has 15 characters at most. */
const MAX_IFNAME = 15;

/** What lab.conf and the start-up scripts describe, and what of them could not be understood. */
export function topologyOf(
  conf: LabConf,
  startups: ReadonlyMap<string, string>,
): { topology: Topology; leftOut: LeftOut[] } {
  const leftOut: LeftOut[] = [];
  const domains = domainsOf(conf);
  const ids = idsOf(conf.machines.map(({ name }) => name));
  const machines = conf.machines.map(({ name }, i): Machine => {
    const machine: Machine = { name, id: ids[i]!, addrs: [], routes: [], sysctls: [] };
    const ports = domains.flatMap((d) => d.ports).filter((p) => p.machine === name);
    for (const { line, text, effects } of parseStartup(startups.get(name) ?? '')) {
      const where = `${name}.startup:${line}`;
      const absent = (effects ?? []).map(deviceOf).find((dev) => dev !== null && !isDevice(dev, ports));
      if (!effects)
        leftOut.push({
          where,
          what: `"${text}": add what it should lead to as an objective`,
        });
      else if (absent != null)
        leftOut.push({ where, what: `"${text}": lab.conf gives ${name} no ${absent}` });
      else for (const effect of effects) apply(machine, ports, effect);
    }
    return machine;
  });
  return { topology: { machines, domains }, leftOut };
}

function idsOf(names: readonly string[]): string[] {
  return distinctIds(names.map((name) => asId(name, 'x')));
}

function deviceOf(effect: Effect): string | null {
  return 'dev' in effect ? effect.dev : null;
}

function isDevice(dev: string, ports: readonly Port[]): boolean {
  return dev === 'lo' || ports.some(({ ifname }) => ifname === dev);
}

function apply(machine: Machine, ports: Port[], effect: Effect): void {
  if (effect.kind === 'addr') machine.addrs.push(effect);
  else if (effect.kind === 'route') machine.routes.push(effect);
  else if (effect.kind === 'sysctl') machine.sysctls.push(effect);
  // Interfaces are up from the beginning, as in the original.
  else if (effect.kind === 'mtu') {
    const port = ports.find(({ ifname }) => ifname === effect.dev);
    if (port) port.mtu = effect.mtu;
  }
}

function domainsOf(conf: LabConf): Domain[] {
  const outer = new Set<string>();
  const names = [...new Set(conf.machines.flatMap((m) => m.interfaces.map((i) => i.domain)))].sort();
  const ids = idsOf(names);
  const domains = names.map((name, i): Domain => {
    const bridge = `br-${name}`.length <= MAX_IFNAME ? `br-${name}` : `br-${i + 1}`;
    return { name, id: ids[i]!, bridge: distinct(bridge, outer), ports: [] };
  });
  for (const [m, machine] of conf.machines.entries()) {
    for (const { n, domain, mac } of machine.interfaces.toSorted((a, b) => a.n - b.n)) {
      const long = `${machine.name}-${n}`;
      const name = distinct(long.length <= MAX_IFNAME ? long : `m${m + 1}-${n}`, outer);
      const port = { machine: machine.name, ifname: `eth${n}`, outer: name, mac, mtu: null };
      domains.find((d) => d.name === domain)!.ports.push(port);
    }
  }
  return domains;
}

function distinct(name: string, taken: Set<string>): string {
  if (taken.has(name))
    throw new ImportError(`two interfaces would be named ${name}; rename a machine or a domain`);
  taken.add(name);
  return name;
}
