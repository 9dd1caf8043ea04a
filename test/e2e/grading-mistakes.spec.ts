import { Api } from '../support/api.js';
import { describeWith } from '../support/capability.js';
import { LabPlayer } from '../support/lab-player.js';
import { startService, type TestService } from '../support/test-app.js';

const LAB = 'net-ovs-two-namespaces';

interface Mistake {
  /** What is typed, the mistake last. */
  typed: string[];
  objective: string;
  fr: string;
  en: string;
}

/** In the order in which somebody who errs at every step would make them; each next one begins by mending the last. */
const MISTAKES: Mistake[] = [
  {
    typed: ['ip netns add red'],
    objective: 'namespaces',
    fr: 'red existe ; il manque green.',
    en: 'red exists; green is missing.',
  },
  {
    typed: ['touch /run/netns/green; mount --bind /run/netns/red /run/netns/green'],
    objective: 'namespaces',
    fr: "red et green sont deux noms d'un seul et même espace. Créez chacun avec ip netns add.",
    en: 'red and green are two names of one and the same namespace. Create each with ip netns add.',
  },
  {
    typed: [
      'umount /run/netns/green; rm /run/netns/green; ip netns add green',
      'ip link add ovs1 type bridge',
    ],
    objective: 'bridge',
    fr: 'ovs1 est un pont du noyau. Supprimez-le (ip link del ovs1) et créez-le avec ovs-vsctl.',
    en: 'ovs1 is a bridge of the kernel. Remove it (ip link del ovs1) and create it with ovs-vsctl.',
  },
  {
    typed: ['ip link del ovs1; ovs-vsctl add-br ovs2'],
    objective: 'bridge',
    fr: "Un pont existe, mais aucun ne s'appelle ovs1.",
    en: 'There is a bridge, but none is named ovs1.',
  },
  {
    typed: ['ovs-vsctl del-br ovs2; ovs-vsctl add-br ovs1', 'ip link add eth0-r type veth peer name veth-r'],
    objective: 'pair-red',
    fr: "eth0-r existe, mais reste dans l'espace principal. ip link set … netns le déplace.",
    en: 'eth0-r exists, but stays in the main namespace. ip link set … netns moves it.',
  },
  {
    typed: ['ip link set veth-r netns red'],
    objective: 'pair-red',
    fr: "C'est veth-r qui est dans red. Il doit rester dans l'espace principal, et eth0-r aller dans red.",
    en: 'It is veth-r that is in red. It must stay in the main namespace, and eth0-r must go to red.',
  },
  {
    typed: [
      'ip -n red link set veth-r netns 1; ip link set eth0-r netns red; ovs-vsctl add-port ovs1 veth-r',
      'ip link add eth0-g type veth peer name veth-g; ovs-vsctl add-port ovs1 eth0-g',
    ],
    objective: 'port-green',
    fr: "C'est eth0-g qui est branché ; le bout du commutateur est veth-g.",
    en: 'It is eth0-g that is plugged in; the end for the switch is veth-g.',
  },
  {
    typed: [
      'ovs-vsctl del-port eth0-g; ovs-vsctl add-port ovs1 veth-g; ip link set eth0-g netns green',
      'ip -n red link set lo up; ip -n red link set eth0-r up',
    ],
    objective: 'up-red',
    fr: "veth-r, côté commutateur, n'est pas activé.",
    en: "veth-r, on the switch's side, is not up.",
  },
  {
    typed: ['ip link set veth-r up; ip -n red addr add 10.0.0.1 dev eth0-r'],
    objective: 'addr-red',
    fr: "Dans red, l'adresse est en /32 : il manque /24.",
    en: 'In red, the address is a /32: the /24 is missing.',
  },
  {
    typed: [
      'ip -n red addr flush dev eth0-r; ip -n red addr add 10.0.0.1/24 dev eth0-r',
      'ip link set veth-g up; ip -n green link set eth0-g up; ip -n green addr add 10.0.0.1/24 dev eth0-g',
    ],
    objective: 'addr-green',
    fr: "green a reçu l'adresse de red ; il lui faut 10.0.0.2.",
    en: "green was given red's address; it needs 10.0.0.2.",
  },
  {
    typed: [
      'ovs-vsctl set port veth-g tag=10',
      'ip -n green addr flush dev eth0-g; ip -n green addr add 10.0.0.2/24 dev eth0-g',
    ],
    objective: 'ping-red-green',
    fr: "Un port d'ovs1 porte un numéro de VLAN : ovs-vsctl clear port … tag l'ôte.",
    en: 'A port of ovs1 has a VLAN tag: ovs-vsctl clear port … tag takes it away.',
  },
  {
    typed: ['ovs-vsctl clear port veth-g tag; ip link set ovs1 up; ip addr add 10.0.0.254/24 dev ovs1'],
    objective: 'isolation',
    fr: "L'espace principal a une adresse de ce réseau : ôtez-la avec ip addr del.",
    en: 'The main namespace has an address of this network: remove it with ip addr del.',
  },
];

describeWith(['root', 'runc', 'ovs'], 'somebody who errs at every step', () => {
  let service: TestService;
  let player: LabPlayer;

  beforeAll(async () => {
    service = await startService();
    const operator = new Api(service.url, service.operatorKey);
    player = await LabPlayer.begin({ service, operator, lab: LAB, user: 'ada' });
  }, 120_000);

  afterAll(async () => {
    player?.progress.close();
    await player?.terminal.close();
    await service.remove();
  }, 60_000);

  const sentence = async (locale: string, objective: string): Promise<string | undefined> => {
    const { body } = await player.api.get(`/v1/sandboxes/${player.sandbox}/progress?locale=${locale}`);
    const of = body.objectives.find((o: { id: string }) => o.id === objective);
    return of.explanation?.text;
  };

  it('is told of each mistake alone, by a sentence of its own', () => {
    for (const locale of ['fr', 'en'] as const) {
      const texts = MISTAKES.map((m) => m[locale]);
      expect(new Set(texts).size).toBe(MISTAKES.length);
      // No name of a probe and no path of an observation.
      expect(texts.filter((text) => /\w\[|\.\w+ :|null|true|false/.test(text))).toEqual([]);
    }
    expect(MISTAKES.length).toBeGreaterThanOrEqual(10);
  });

  it.each(MISTAKES.map((mistake, i) => [i + 1, mistake] as const))(
    'is told what is wrong, in French and in English: mistake %i',
    async (_, { typed, objective, fr, en }) => {
      for (const line of typed) await player.type(line);
      // The page of the learner shows it by itself.
      await player.progress.until(`"${fr}" of ${objective}`, (p) =>
        [fr, en].includes(p.objectives.find((o) => o.id === objective)!.explanation?.text ?? ''),
      );
      expect(await sentence('fr', objective)).toBe(fr);
      expect(await sentence('en', objective)).toBe(en);
    },
    60_000,
  );

  it('has all points once the last mistake is mended', async () => {
    await player.type('ip addr del 10.0.0.254/24 dev ovs1');
    await player.points(20, 'after the last mistake');
  }, 90_000);
});
