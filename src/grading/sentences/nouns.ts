import type { ProbeCall } from '../probes/calls.js';
import type { HttpTarget } from '../probes/cluster-view.js';
import { namespaceOf, say, type Said } from './said.js';

/** What a probe looks at, as a noun with its article: `le Deployment web`, `the interfaces of red`. */
export function nounOf(call: ProbeCall): Said {
  switch (call.probe) {
    case 'netns.list':
      return say('la liste des espaces de noms', 'the list of namespaces');
    case 'netns.links':
      return ofNamespace(call.params.ns, 'les interfaces', 'the interfaces');
    case 'netns.addrs':
      return ofNamespace(call.params.ns, 'les adresses', 'the addresses');
    case 'netns.neigh':
      return ofNamespace(call.params.ns, 'les voisins', 'the neighbours');
    case 'netns.routes':
      return ofNamespace(call.params.ns, 'les routes', 'the routes');
    case 'netns.nft':
      return ofNamespace(call.params.ns, 'les règles nftables', 'the nftables rules');
    case 'netns.sysctl':
      return ofNamespace(call.params.ns, 'les réglages du noyau', 'the kernel settings');
    case 'ovs.bridges':
      return say('les ponts Open vSwitch', 'the Open vSwitch bridges');
    case 'net.ping':
      return between(say('le ping', 'the ping'), call.params.from, call.params.to.addr);
    case 'net.tcp':
      return between(say('la connexion', 'the connection'), call.params.from, call.params.to.addr);
    case 'kube.get':
      return say(`le ${call.params.kind} ${call.params.name}`, `the ${call.params.kind} ${call.params.name}`);
    case 'kube.list':
      return list(call.params.kind, call.params.ownedBy);
    case 'kube.logs':
      return ofPods(call.params, 'les journaux', 'the logs');
    case 'kube.exec':
      return ofPods(call.params, 'la commande dans', 'the command in');
    case 'kube.runtime':
      return ofPods(call.params, 'les processus', 'the processes');
    case 'kube.can-i':
      return say('vos droits dans le cluster', 'your rights in the cluster');
    case 'kube.api':
      return say('l’API du cluster', 'the API of the cluster');
    case 'http.get':
      return targetOf(call.params.to);
    case 'host.file':
      return say(`le fichier ${call.params.path}`, `the file ${call.params.path}`);
    case 'host.procs':
      return say('les processus', 'the processes');
    default:
      return say('ce qui est observé', 'what is observed');
  }
}

function ofNamespace(ns: string, fr: string, en: string): Said {
  const { of } = namespaceOf(ns);
  return say(`${fr} ${of.fr}`, `${en} ${of.en}`);
}

function between(what: Said, from: string, to: string | undefined): Said {
  const { of, is } = namespaceOf(from);
  return say(`${what.fr} ${of.fr} vers ${to ?? '?'}`, `${what.en} from ${is.en} to ${to ?? '?'}`);
}

function list(kind: string, owner: { kind: string; name: string } | undefined): Said {
  if (!owner) return say(`les objets ${kind}`, `the objects ${kind}`);
  return say(
    `les ${kind}s du ${owner.kind} ${owner.name}`,
    `the ${kind}s of the ${owner.kind} ${owner.name}`,
  );
}

function ofPods(
  params: { pod?: string | undefined; ownedBy?: { kind: string; name: string } | undefined },
  fr: string,
  en: string,
): Said {
  const { pod, ownedBy } = params;
  if (pod !== undefined) return say(`${fr} du pod ${pod}`, `${en} of the pod ${pod}`);
  if (!ownedBy) return say(`${fr} des pods`, `${en} of the pods`);
  return say(
    `${fr} des pods du ${ownedBy.kind} ${ownedBy.name}`,
    `${en} of the pods of the ${ownedBy.kind} ${ownedBy.name}`,
  );
}

/** Whom a request is sent to. */
export function targetOf(to: HttpTarget): Said {
  if ('addr' in to) return say(to.addr, to.addr);
  if ('service' in to) return say(`le Service ${to.service}`, `the Service ${to.service}`);
  if ('nodePort' in to)
    return say(`le port de nœud du Service ${to.nodePort}`, `the node port of the Service ${to.nodePort}`);
  const { ownedBy } = to.pods;
  if (!ownedBy) return say('les pods', 'the pods');
  return say(
    `les pods du ${ownedBy.kind} ${ownedBy.name}`,
    `the pods of the ${ownedBy.kind} ${ownedBy.name}`,
  );
}
