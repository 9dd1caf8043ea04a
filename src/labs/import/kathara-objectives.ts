import type { Json } from '../../grading/json.js';
import type { Locale } from '../text-spec.js';
import { ImportError } from './imported.js';
import { listed, WORDS } from './kathara-words.js';
import type { Domain, Machine, Port, Topology } from './topology.js';

/** One objective of the lab, with the commands of its solution. */
export interface Goal {
  id: string;
  title: string;
  needs: string[];
  /** Observation -> pattern. */
  match: Record<string, Json>;
  commands: string[];
}

const MAX_GOALS = 64;

/** `l_pc1`: the links, addresses, routes or settings of a machine, as expressions can name them. */
export function observed(what: 'l' | 'a' | 'r' | 's', machine: string): string {
  return `${what}_${machine.replace(/[^a-zA-Z0-9_]/g, '_')}`.slice(0, 32);
}

/** What the topology asks for, in the order in which it is built. Throws ImportError when it is too much for one lab. */
export function goalsOf(topology: Topology, locale: Locale): Goal[] {
  const { machines, domains } = topology;
  const made = [
    machinesGoal(machines, locale),
    ...domains.map((domain) => domainGoal(domain, locale)),
    ...machines
      .filter((m) => m.addrs.length > 0)
      .map((m) => withSettings(addrsGoal(m, domains, locale), m, locale)),
    ...machines.filter((m) => m.routes.length > 0).map((m) => routesGoal(m, locale)),
  ];
  if (made.length > MAX_GOALS)
    throw new ImportError(
      `this network makes ${made.length} objectives, and a lab holds ${MAX_GOALS}; split it`,
    );
  return made;
}

function machinesGoal(machines: readonly Machine[], locale: Locale): Goal {
  return {
    id: 'machines',
    title: WORDS[locale].machines(
      listed(
        machines.map(({ name }) => name),
        locale,
      ),
    ),
    needs: [],
    match: { ns: machines.map(({ name }) => ({ name, main: false, dup: false })) },
    commands: machines.flatMap(({ name }) => [
      `ip netns add ${name}`,
      `ip netns exec ${name} ip link set lo up`,
    ]),
  };
}

const domainId = ({ id }: Domain): string => `domain-${id}`;
const addrsId = ({ id }: Machine): string => `addresses-${id}`;

function domainGoal(domain: Domain, locale: Locale): Goal {
  const { name, bridge, ports } = domain;
  const inner = new Map<string, Json[]>();
  for (const port of ports) {
    const key = observed('l', port.machine);
    inner.set(key, [...(inner.get(key) ?? []), linkOf(port)]);
  }
  return {
    id: domainId(domain),
    title: WORDS[locale].domain(name, bridge),
    needs: ['machines'],
    match: {
      lm: [
        { ifname: bridge, kind: 'bridge', up: true },
        ...ports.map(({ outer }) => ({ ifname: outer, master: bridge, up: true })),
      ],
      ...Object.fromEntries(inner),
    },
    commands: [
      `ip link add ${bridge} type bridge`,
      `ip link set ${bridge} up`,
      ...ports.flatMap((port) => cable(port, bridge)),
    ],
  };
}

function linkOf({ ifname, outer, mac, mtu }: Port): Json {
  return {
    ifname,
    kind: 'veth',
    up: true,
    ...(mac === null ? {} : { mac }),
    ...(mtu === null ? {} : { mtu }),
    peer: { ns: 'main', ifname: outer },
  };
}

function cable({ machine, ifname, outer, mac, mtu }: Port, bridge: string): string[] {
  const inside = `ip netns exec ${machine} ip link set ${ifname}`;
  return [
    `ip link add ${outer} type veth peer name ${ifname} netns ${machine}`,
    `ip link set ${outer} master ${bridge}`,
    `ip link set ${outer} up`,
    ...(mac === null ? [] : [`${inside} address ${mac}`]),
    ...(mtu === null ? [] : [`${inside} mtu ${mtu}`]),
    `${inside} up`,
  ];
}

function addrsGoal(machine: Machine, domains: readonly Domain[], locale: Locale): Goal {
  const own = domains.filter(({ ports }) => ports.some((port) => port.machine === machine.name));
  return {
    id: addrsId(machine),
    title: WORDS[locale].addrs(machine.name),
    needs: ['machines', ...own.map(domainId)],
    match: {
      [observed('a', machine.name)]: machine.addrs.map(({ dev, local, prefixlen }) => ({
        ifname: dev,
        local,
        prefixlen,
      })),
    },
    commands: machine.addrs.map(
      ({ dev, local, prefixlen }) =>
        `ip netns exec ${machine.name} ip addr add ${local}/${prefixlen} dev ${dev}`,
    ),
  };
}

function routesGoal(machine: Machine, locale: Locale): Goal {
  return {
    id: `routes-${machine.id}`,
    title: WORDS[locale].routes(machine.name),
    needs: [machine.addrs.length > 0 ? addrsId(machine) : 'machines'],
    match: {
      [observed('r', machine.name)]: machine.routes.map(({ dst, via, dev }) => ({
        dst,
        ...(via === null ? {} : { via }),
        ...(dev === null ? {} : { dev }),
      })),
    },
    commands: machine.routes.map(
      ({ dst, via, dev }) =>
        `ip netns exec ${machine.name} ip route add ${dst}${via === null ? '' : ` via ${via}`}${dev === null ? '' : ` dev ${dev}`}`,
    ),
  };
}

/**
 * Settings are asked for together with something that only the learner brings about: a new namespace may have them
 * already, from the machine.
 */
function withSettings(goal: Goal, machine: Machine, locale: Locale): Goal {
  const { name, sysctls } = machine;
  if (sysctls.length === 0) return goal;
  const settings = Object.fromEntries(sysctls.map(({ key, value }) => [key, Number(value)]));
  return {
    ...goal,
    title: WORDS[locale].settings(goal.title),
    match: { ...goal.match, [observed('s', name)]: settings },
    commands: [
      ...goal.commands,
      ...sysctls.map(({ key, value }) => `ip netns exec ${name} sysctl -w ${key}=${value}`),
    ],
  };
}
