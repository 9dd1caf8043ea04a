import type { Capability } from '../labs/capability.js';

type Words = Record<Capability, string>;

const fr: Words = {
  netns: 'les espaces de noms réseau',
  ovs: 'Open vSwitch',
  nft: 'nftables',
  'nested-proc': 'un /proc dans un espace de PID imbriqué',
  cgroup: 'un groupe de contrôle délégué',
  uplink: 'une liaison vers l’extérieur',
  'kube.watch': 'le suivi des objets du cluster',
  'kube.logs': 'la lecture des journaux du cluster',
  'kube.exec': 'l’exécution dans les conteneurs du cluster',
  'kube.runtime': 'la vue des processus des nœuds',
};

const en: Words = {
  netns: 'network namespaces',
  ovs: 'Open vSwitch',
  nft: 'nftables',
  'nested-proc': 'a /proc in a nested PID namespace',
  cgroup: 'a delegated control group',
  uplink: 'a link to the outside',
  'kube.watch': 'watches of the cluster’s objects',
  'kube.logs': 'the logs of the cluster',
  'kube.exec': 'commands in the cluster’s containers',
  'kube.runtime': 'a view of the processes of the nodes',
};

/** Why an objective is no part of this run, for the learner. */
export function leftOutReason(missing: readonly Capability[], locale: string): string {
  const words = locale === 'fr' ? fr : en;
  const list = missing.map((capability) => words[capability]).join(', ');
  return locale === 'fr'
    ? `Cette machine n’offre pas : ${list}. L’objectif ne compte pas dans le score.`
    : `This machine does not offer ${list}. The objective does not count in the score.`;
}
