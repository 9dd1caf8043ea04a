import type { Locale } from '../text-spec.js';

interface Words {
  title: string;
  machines: (names: string) => string;
  domain: (name: string, bridge: string) => string;
  addrs: (machine: string) => string;
  routes: (machine: string) => string;
  settings: (title: string) => string;
  intro: string;
  table: [string, string, string, string];
  steps: string;
}

const LISTS: Record<Locale, string> = { fr: ' et ', en: ' and ' };

export function listed(names: readonly string[], locale: Locale): string {
  return names.length < 2
    ? names.join('')
    : `${names.slice(0, -1).join(', ')}${LISTS[locale]}${names.at(-1)}`;
}

/** The sentences of an imported topology. */
export const WORDS: Record<Locale, Words> = {
  fr: {
    title: 'Un réseau à monter',
    machines: (names) => `Créer les espaces de noms ${names}`,
    domain: (name, bridge) => `Câbler le domaine de collision ${name} au pont ${bridge}`,
    addrs: (machine) => `Donner ses adresses à ${machine}`,
    routes: (machine) => `Donner ses routes à ${machine}`,
    settings: (title) => `${title}, et régler son noyau`,
    intro:
      "Chaque machine est un espace de noms réseau, chaque domaine de collision un pont dans l'espace principal, chaque câble une paire veth.",
    table: ['Machine', 'Interface', 'Domaine (pont, bout du pont)', 'Adresses'],
    steps: 'Montez ce réseau ; un objectif s’allume dès que l’état du noyau est le bon.',
  },
  en: {
    title: 'A network to build',
    machines: (names) => `Create the namespaces ${names}`,
    domain: (name, bridge) => `Wire the collision domain ${name} to the bridge ${bridge}`,
    addrs: (machine) => `Give ${machine} its addresses`,
    routes: (machine) => `Give ${machine} its routes`,
    settings: (title) => `${title}, and set its kernel`,
    intro:
      'Each machine is a network namespace, each collision domain a bridge in the main namespace, each cable a veth pair.',
    table: ['Machine', 'Interface', "Domain (bridge, the bridge's end)", 'Addresses'],
    steps: 'Build this network; an objective lights up as soon as the state of the kernel is right.',
  },
};
