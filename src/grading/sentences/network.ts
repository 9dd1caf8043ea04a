import type { Failure } from '../evaluate.js';
import type { ProbeCall } from '../probes/calls.js';
import { show, textAt, type Place } from './place.js';
import { capital, namespaceOf, say, type Said } from './said.js';

/** What is wrong with namespaces, interfaces, addresses, routes, switches; undefined = nothing better than the rule. */
export function networkSentence(call: ProbeCall, failure: Failure, place: Place): Said | undefined {
  switch (call.probe) {
    case 'netns.list':
      return ofNamespaces(failure, place);
    case 'netns.links':
      return withNamespace(call.params.ns, failure, place) ?? ofLinks(call.params.ns, failure, place);
    case 'netns.addrs':
      return withNamespace(call.params.ns, failure, place) ?? ofAddresses(call.params.ns, failure, place);
    case 'netns.routes':
      return withNamespace(call.params.ns, failure, place) ?? ofRoutes(call.params.ns, failure, place);
    case 'netns.nft':
    case 'netns.neigh':
    case 'netns.sysctl':
      return withNamespace(call.params.ns, failure, place);
    case 'ovs.bridges':
      return ofBridges(failure, place);
    default:
      return undefined;
  }
}

/** All of it is absent: there is no such namespace. */
function withNamespace(ns: string, { kind }: Failure, { shape }: Place): Said | undefined {
  if (shape !== '' || kind !== 'missing' || ns === 'main') return undefined;
  return say(`L’espace de noms ${ns} n’existe pas.`, `The namespace ${ns} does not exist.`);
}

function ofNamespaces({ kind }: Failure, { elements: [name], shape, field }: Place): Said | undefined {
  if (name === undefined) return undefined;
  if (shape === '[]' && kind === 'missing')
    return say(`L’espace de noms ${name} n’existe pas.`, `The namespace ${name} does not exist.`);
  if (field === 'main')
    return say(
      `${name} n’est qu’un autre nom de l’espace principal.`,
      `${name} is only another name of the main namespace.`,
    );
  if (field === 'dup')
    return say(
      `${name} n’est qu’un autre nom d’un espace qui en a déjà un.`,
      `${name} is only another name of a namespace that has one already.`,
    );
  return undefined;
}

function ofLinks(ns: string, failure: Failure, { elements: [name], shape, field }: Place): Said | undefined {
  const { kind, expected, observed } = failure;
  const where = namespaceOf(ns).in;
  const [fr, en] = [capital(where.fr), capital(where.en)];
  if (name === undefined) return undefined;
  if (shape === '[]' && kind === 'missing')
    return say(`${fr}, il n’y a pas d’interface ${name}.`, `${en}, there is no interface ${name}.`);
  switch (field) {
    case 'up':
      return expected === true
        ? say(`${fr}, l’interface ${name} n’est pas activée.`, `${en}, the interface ${name} is not up.`)
        : say(`${fr}, l’interface ${name} est activée.`, `${en}, the interface ${name} is up.`);
    case 'carrier':
      return expected === true
        ? say(
            `${fr}, ${name} n’a pas de porteuse : l’autre bout n’est pas activé.`,
            `${en}, ${name} has no carrier: its other end is not up.`,
          )
        : undefined;
    case 'kind':
      return say(
        `${fr}, ${name} est de type ${show(observed)} ; il faut ${show(expected)}.`,
        `${en}, ${name} is of type ${show(observed)}; it has to be ${show(expected)}.`,
      );
    case 'master':
      return say(
        `${fr}, ${name} n’est pas rattachée à ${show(expected)}.`,
        `${en}, ${name} is not attached to ${show(expected)}.`,
      );
    case 'peer':
      return say(
        `${fr}, on ne voit pas l’autre bout de ${name}, qui doit être ${textAt(expected, 'ifname') ?? show(expected)}.`,
        `${en}, the other end of ${name} is not seen; it has to be ${textAt(expected, 'ifname') ?? show(expected)}.`,
      );
    case 'peer.ifname':
      return say(
        `L’autre bout de ${name} est ${show(observed)} ; il faut ${show(expected)}.`,
        `The other end of ${name} is ${show(observed)}; it has to be ${show(expected)}.`,
      );
    case 'peer.ns': {
      const [is, must] = [namespaceOf(show(observed)).in, namespaceOf(show(expected)).in];
      return say(
        `L’autre bout de ${name} est ${is.fr} ; il doit être ${must.fr}.`,
        `The other end of ${name} is ${is.en}; it has to be ${must.en}.`,
      );
    }
    default:
      return undefined;
  }
}

function ofAddresses(ns: string, failure: Failure, { elements: [name], field }: Place): Said | undefined {
  const { kind, expected, observed } = failure;
  const where = namespaceOf(ns).in;
  const [fr, en] = [capital(where.fr), capital(where.en)];
  const ifname = textAt(expected, 'ifname') ?? name;
  if (kind === 'missing' && field === '') {
    const [local, prefix] = [textAt(expected, 'local'), textAt(expected, 'prefixlen')];
    const address = local === undefined ? undefined : prefix === undefined ? local : `${local}/${prefix}`;
    if (address === undefined)
      return say(
        `${fr}, ${ifname ?? 'l’interface'} n’a pas l’adresse demandée.`,
        `${en}, ${ifname ?? 'the interface'} does not have the address that is asked for.`,
      );
    return ifname === undefined || ifname === local
      ? say(`${fr}, l’adresse ${address} manque.`, `${en}, the address ${address} is missing.`)
      : say(
          `${fr}, ${ifname} n’a pas l’adresse ${address}.`,
          `${en}, ${ifname} does not have the address ${address}.`,
        );
  }
  if (kind === 'held')
    return say(
      `${fr}, il ne doit pas y avoir l’adresse ${locals(observed)}.`,
      `${en}, there must not be the address ${locals(observed)}.`,
    );
  if (field === 'local')
    return say(
      `${fr}, l’adresse de ${ifname} est ${show(observed)} ; il faut ${show(expected)}.`,
      `${en}, the address of ${ifname} is ${show(observed)}; it has to be ${show(expected)}.`,
    );
  if (field === 'prefixlen')
    return say(
      `${fr}, l’adresse de ${ifname} est en /${show(observed)} ; il faut /${show(expected)}.`,
      `${en}, the address of ${ifname} is a /${show(observed)}; it has to be a /${show(expected)}.`,
    );
  return undefined;
}

function locals(observed: Failure['observed']): string {
  const all = Array.isArray(observed) ? observed : [observed];
  return all.map((item) => textAt(item, 'local') ?? show(item)).join(', ');
}

function ofRoutes(ns: string, failure: Failure, { elements: [name], field }: Place): Said | undefined {
  const { kind, expected, observed } = failure;
  const where = namespaceOf(ns).in;
  const [fr, en] = [capital(where.fr), capital(where.en)];
  const to = (dst: string | undefined): Said =>
    dst === 'default' || dst === undefined
      ? say('par défaut', 'the default route')
      : say(`vers ${dst}`, `a route to ${dst}`);
  if (kind === 'missing' && field === '') {
    const way = to(textAt(expected, 'dst') ?? name);
    const via = textAt(expected, 'via');
    return say(
      `${fr}, il manque la route ${way.fr}${via === undefined ? '' : ` par ${via}`}.`,
      `${en}, ${way.en}${via === undefined ? '' : ` by ${via}`} is missing.`,
    );
  }
  if (kind === 'held') {
    const dst = Array.isArray(observed) ? textAt(observed[0] ?? null, 'dst') : undefined;
    return say(
      `${fr}, il ne doit pas y avoir de route ${to(dst).fr}.`,
      `${en}, there must not be ${to(dst).en}.`,
    );
  }
  if (field === 'dev' || field === 'via')
    return say(
      `${fr}, la route ${to(name).fr} passe par ${show(observed)} ; il faut ${show(expected)}.`,
      `${en}, ${to(name).en} goes by ${show(observed)}; it has to be ${show(expected)}.`,
    );
  return undefined;
}

function ofBridges({ kind }: Failure, { elements: [bridge, port], shape }: Place): Said | undefined {
  if (kind !== 'missing') return undefined;
  if (shape === '')
    return say('Il n’y a pas encore de pont Open vSwitch.', 'There is no Open vSwitch bridge yet.');
  if (shape === '[]')
    return say(`Il n’y a pas de pont Open vSwitch ${bridge}.`, `There is no Open vSwitch bridge ${bridge}.`);
  if (shape === '[].ports[]')
    return say(`Le pont ${bridge} n’a pas de port ${port}.`, `The bridge ${bridge} has no port ${port}.`);
  return undefined;
}
