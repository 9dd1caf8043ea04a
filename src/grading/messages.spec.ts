import { labSpecSchema } from '../labs/lab-spec.js';
import { prepareLab } from '../labs/prepared-lab.js';
import { NO_CLUSTER_FACTS } from './facts.js';
import { evaluate } from './evaluate.js';
import type { Assert } from './assert.js';
import type { Json } from './json.js';
import { sentence } from './messages.js';
import { faulted, seen, type Observation } from './observation.js';

const lab = prepareLab(
  labSpecSchema.parse({
    apiVersion: 'wheelhouse/v1',
    kind: 'Lab',
    id: 'sentences',
    version: '1.0.0',
    title: { en: 'x' },
    locales: ['en'],
    duration: '10m',
    sandbox: { cluster: {}, requires: ['netns', 'ovs', 'kube.watch'] },
    observe: {
      ns: { 'netns.list': {} },
      lm: { 'netns.links': { ns: 'main' } },
      lg: { 'netns.links': { ns: 'green' } },
      ag: { 'netns.addrs': { ns: 'green' } },
      rg: { 'netns.routes': { ns: 'green' } },
      ovs: { 'ovs.bridges': {} },
      ping: { 'net.ping': { from: 'red', to: { ns: 'green', addr: '10.0.0.2' } } },
      dep: { 'kube.get': { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'web' } },
      pods: { 'kube.list': { apiVersion: 'v1', kind: 'Pod', namespace: 'default' } },
      web: { 'http.get': { from: 'node', to: { service: 'default/web' }, port: 80 } },
      note: { 'host.file': { path: '~/findings/pod' } },
    },
    objectives: [{ id: 'one', title: { en: 'x' }, weight: 1, assert: { cel: 'dep.spec.replicas == 3' } }],
  }),
);

/** The first sentence of what is wrong with this observation, English then French. */
function said(assert: Assert, name: string, value: Json | Observation): [string, string] {
  const fault = typeof value === 'object' && value !== null && 'fault' in value;
  const others = Object.keys(lab.calls).map((other) => [other, seen(null)]);
  const observations = {
    ...Object.fromEntries(others),
    [name]: fault ? (value as unknown as Observation) : seen(value as Json),
  };
  const context = { observations, lab: {}, past: {}, sandbox: NO_CLUSTER_FACTS, compile: lab.compile };
  const [failure] = evaluate(assert, context).failures;
  return [sentence(failure!, 'en', lab), sentence(failure!, 'fr', lab)];
}

describe('the sentence of a mistake names the thing, and what is wrong with it', () => {
  it.each<[string, Json, Json | Observation, string, string]>([
    [
      'ns',
      [{ name: 'green' }],
      [],
      'The namespace green does not exist.',
      'L’espace de noms green n’existe pas.',
    ],
    [
      'lg',
      [{ ifname: 'eth0-g' }],
      null,
      'The namespace green does not exist.',
      'L’espace de noms green n’existe pas.',
    ],
    [
      'lg',
      [{ ifname: 'eth0-g' }],
      [{ ifname: 'lo' }],
      'In green, there is no interface eth0-g.',
      'Dans green, il n’y a pas d’interface eth0-g.',
    ],
    [
      'lm',
      [{ ifname: 'veth-g', up: true }],
      [{ ifname: 'veth-g', up: false }],
      'In the main namespace, the interface veth-g is not up.',
      'Dans l’espace principal, l’interface veth-g n’est pas activée.',
    ],
    [
      'lg',
      [{ ifname: 'eth0-g', peer: { ns: 'main', ifname: 'veth-g' } }],
      [{ ifname: 'eth0-g', peer: { ns: 'red', ifname: 'veth-g' } }],
      'The other end of eth0-g is in red; it has to be in the main namespace.',
      'L’autre bout de eth0-g est dans red ; il doit être dans l’espace principal.',
    ],
    [
      'ag',
      [{ ifname: 'eth0-g', local: '10.0.0.2', prefixlen: 24 }],
      [],
      'In green, eth0-g does not have the address 10.0.0.2/24.',
      'Dans green, eth0-g n’a pas l’adresse 10.0.0.2/24.',
    ],
    [
      'ag',
      [{ ifname: 'eth0-g', local: '10.0.0.2', prefixlen: 24 }],
      [{ ifname: 'eth0-g', local: '10.0.0.2', prefixlen: 32 }],
      'In green, the address of eth0-g is a /32; it has to be a /24.',
      'Dans green, l’adresse de eth0-g est en /32 ; il faut /24.',
    ],
    [
      'rg',
      [{ dst: '10.0.0.0/24', dev: 'eth0-g' }],
      [],
      'In green, a route to 10.0.0.0/24 is missing.',
      'Dans green, il manque la route vers 10.0.0.0/24.',
    ],
    [
      'ovs',
      [{ name: 'ovs1' }],
      [],
      'There is no Open vSwitch bridge ovs1.',
      'Il n’y a pas de pont Open vSwitch ovs1.',
    ],
    [
      'ovs',
      [{ name: 'ovs1', ports: [{ name: 'veth-g' }] }],
      [{ name: 'ovs1', ports: [] }],
      'The bridge ovs1 has no port veth-g.',
      'Le pont ovs1 n’a pas de port veth-g.',
    ],
    [
      'ping',
      { received: { $gte: 2 } },
      { sent: 3, received: 0 },
      '10.0.0.2 does not answer red.',
      '10.0.0.2 ne répond pas à red.',
    ],
    [
      'ping',
      { via: [{ ifname: 'veth-g', moved: true }] },
      { via: [{ ifname: 'veth-g', moved: false }] },
      'The packets to 10.0.0.2 do not go through veth-g.',
      'Les paquets vers 10.0.0.2 ne passent pas par veth-g.',
    ],
    [
      'dep',
      { spec: { replicas: 3 } },
      null,
      'The Deployment web does not exist in the namespace default.',
      'Le Deployment web n’existe pas dans l’espace de noms default.',
    ],
    [
      'dep',
      { status: { readyReplicas: 3 } },
      { status: { readyReplicas: 1 } },
      'The Deployment web has 1 ready pod(s); it has to be 3.',
      'Le Deployment web a 1 pod(s) prêt(s) ; il en faut 3.',
    ],
    [
      'dep',
      { spec: { template: { spec: { containers: [{ name: 'c', image: 'nginx:2' }] } } } },
      { spec: { template: { spec: { containers: [{ name: 'c', image: 'nginx:1' }] } } } },
      'The Deployment web: the image of the container c is nginx:1; it has to be nginx:2.',
      'Le Deployment web : l’image du conteneur c est nginx:1 ; il faut nginx:2.',
    ],
    [
      'dep',
      null,
      { kind: 'Deployment' },
      'The Deployment web still exists.',
      'Le Deployment web existe encore.',
    ],
    [
      'pods',
      { $len: 3 },
      [{ metadata: { name: 'a' } }],
      'There are 1 Pods; it has to be 3.',
      'Il y a 1 Pod(s) ; il en faut 3.',
    ],
    [
      'web',
      { responses: { $any: { status: 200 } } },
      { responses: [{ target: 'x', status: 503 }] },
      'The Service default/web: the answer has the status 503; it has to be 200.',
      'Le Service default/web : la réponse a le statut 503 ; il faut 200.',
    ],
    [
      'note',
      { text: 'a' },
      null,
      'The file ~/findings/pod does not exist.',
      'Le fichier ~/findings/pod n’existe pas.',
    ],
    [
      'note',
      { text: 'a' },
      faulted('tenant', 'refused', 'x'),
      'Cannot read the file ~/findings/pod: access is refused.',
      'Impossible de lire le fichier ~/findings/pod : l’accès est refusé.',
    ],
  ])('%s: %j in %j', (name, pattern, value, en, fr) => {
    expect(said({ match: { [name]: pattern } }, name, value)).toEqual([en, fr]);
  });

  it('says what an expression is about, and first of all what of it is not there', () => {
    expect(said({ cel: 'dep.spec.replicas == 3' }, 'dep', null)).toEqual([
      'The Deployment web does not exist in the namespace default.',
      'Le Deployment web n’existe pas dans l’espace de noms default.',
    ]);
    expect(said({ cel: 'dep.spec.replicas == 3' }, 'dep', { spec: { replicas: 1 } })).toEqual([
      'The condition is not met yet; it is about: the Deployment web.',
      'La condition n’est pas encore remplie ; elle porte sur : le Deployment web.',
    ]);
  });

  it('never shows a path or a mark of JSON, whatever the rule', () => {
    const odd: [string, Json, Json][] = [
      ['dep', { metadata: { labels: { app: 'web' } } }, { metadata: { labels: { app: 'x' } } }],
      ['lg', [{ ifname: 'eth0-g', mtu: 1400 }], [{ ifname: 'eth0-g', mtu: 1500 }]],
      ['ping', { rttMs: { $lt: 1 } }, { rttMs: 9 }],
    ];
    for (const [name, pattern, value] of odd)
      for (const text of said({ match: { [name]: pattern } }, name, value))
        expect(text).not.toMatch(/[[\]{}"]/);
  });
});
