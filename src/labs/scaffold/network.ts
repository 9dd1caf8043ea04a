import type { LabFiles } from '../lab-folder.js';
import { networkFixtures } from './network-fixtures.js';
import { flow, HEAD_COMMENT, type Sentence, type TemplateInput } from './template.js';

const TITLE: Sentence = { fr: 'Un premier espace de noms', en: 'A first namespace' };
const SUMMARY: Sentence = {
  fr: 'Créer un espace de noms réseau, le câbler à la machine et lui parler.',
  en: 'Create a network namespace, wire it to the machine and speak to it.',
};
const MADE: Sentence = { fr: "Créer l'espace de noms blue", en: 'Create the namespace blue' };
const MADE_HINT: Sentence = { fr: 'Voyez ip netns add.', en: 'See ip netns add.' };
const WIRED: Sentence = {
  fr: "Relier blue à la machine : eth0 dans blue, veth-b de l'autre côté",
  en: 'Wire blue to the machine: eth0 in blue, veth-b at the other end',
};
const LEFT_BEHIND: Sentence = {
  fr: "eth0 existe, mais reste dans l'espace principal. ip link set … netns le déplace.",
  en: 'eth0 exists, but stays in the main namespace. ip link set … netns moves it.',
};
const ADDRESSED: Sentence = {
  fr: 'Donner ${net}.1/24 à veth-b et ${net}.2/24 à eth0',
  en: 'Give veth-b ${net}.1/24 and eth0 ${net}.2/24',
};
const REACHED: Sentence = { fr: 'La machine joint blue', en: 'The machine reaches blue' };

/** Namespaces in a lab host: made, wired, addressed, reached. */
export function networkTemplate(input: TemplateInput): LabFiles {
  const pages = input.locales.map((locale) => [`instructions.${locale}.md`, page(TITLE[locale], locale)]);
  return {
    'lab.yaml': labYaml(input),
    'solution.sh': SOLUTION,
    ...(Object.fromEntries(pages) as LabFiles),
    ...networkFixtures(),
  };
}

function labYaml({ id, locales, schemaLine }: TemplateInput): string {
  const text = (sentence: Sentence): string => flow(sentence, locales);
  return `${schemaLine}${HEAD_COMMENT}
apiVersion: wheelhouse/v1
kind: Lab
id: ${id} # the folder's name
version: 1.0.0
title: ${text(TITLE)}
summary: ${text(SUMMARY)}
locales: [${locales.join(', ')}] # the first is the fallback; every text must be there in each
duration: 30m # of a sandbox that is ready; waiting does not count
passMark: 0.7
sandbox: { host: {}, requires: [netns] } # a machine of the learner's own, where namespaces can be made

params: # \${net} everywhere below; drawn anew where a run is to differ from the neighbour's
  net: { default: "10.1.0", draw: { pattern: "10.{16..89}.{0..254}" } }

observe: # what is read from the kernel, from outside the sandbox; main = the machine's own namespace
  ns: { netns.list: {} }
  lm: { netns.links: { ns: main } }
  lb: { netns.links: { ns: blue } }
  am: { netns.addrs: { ns: main } }
  ab: { netns.addrs: { ns: blue } }
  ping: { net.ping: { from: main, to: { ns: blue, addr: "\${net}.2" }, via: [{ ns: main, ifname: veth-b }] } }

objectives:
  - id: namespace
    title: ${text(MADE)}
    weight: 1
    # A pattern: every key that is given must be so, others are free. main: false refuses a second name of main.
    assert: { match: { ns: [{ name: blue, main: false }] } }
    hints:
      - { after: 2m, text: ${text(MADE_HINT)} }

  - id: wired
    title: ${text(WIRED)}
    weight: 2
    needs: [namespace] # not looked at before
    assert:
      match:
        lb: [{ ifname: eth0, kind: veth, up: true, peer: { ns: main, ifname: veth-b } }]
        lm: [{ ifname: veth-b, up: true }]
    explain: # the first one that holds is said; else a sentence is made from what differs
      - { when: "lm.exists(l, l.ifname == 'eth0')", text: ${text(LEFT_BEHIND)} }

  - id: addressed
    title: ${text(ADDRESSED)}
    weight: 2
    needs: [wired]
    assert:
      match:
        am: [{ ifname: veth-b, local: "\${net}.1", prefixlen: 24 }]
        ab: [{ ifname: eth0, local: "\${net}.2", prefixlen: 24 }]

  - id: reached
    title: ${text(REACHED)}
    weight: 3
    needs: [addressed]
    # Replies alone prove little, as anything may answer: the witness saw our packets arrive on eth0.
    assert: { match: { ping: { received: { $gte: 2 }, witness: { ifname: eth0, seen: { $gte: 2 } }, via: [{ ifname: veth-b, moved: true }] } } }
`;
}

const SOLUTION = `# Typed line by line into the sandbox's shell by \`wheelhouse lab test\`; learners never see it.
# "# expect: N" = points that are due once the lines above have taken effect.
# expect: 0
ip netns add blue
# expect: 1
ip link add veth-b type veth peer name eth0
ip link set eth0 netns blue
ip link set veth-b up
ip netns exec blue ip link set eth0 up
# expect: 3
# Parameters are in the shell's environment.
ip addr add \${net}.1/24 dev veth-b
ip netns exec blue ip addr add \${net}.2/24 dev eth0
# expect: 8
ping -c 2 \${net}.2
`;

function page(title: string, locale: 'fr' | 'en'): string {
  return locale === 'fr'
    ? `# ${title}

Vous êtes \`root\` dans une machine qui n'est qu'à vous. Un objectif s'allume dès que l'état du noyau est le bon, quelle
que soit la commande qui l'y a mis.

## 1. Créer l'espace de noms

Un espace de noms réseau a ses interfaces, ses adresses et ses routes à lui. \`ip netns\` seul liste ceux qui existent.
Créez \`blue\`.

## 2. Le câbler

Une paire **veth** est un câble à deux bouts. Le bout \`veth-b\` reste dans la machine, \`eth0\` va dans \`blue\` ; activez les
deux.

## 3. Donner des adresses

\`\${net}.1/24\` pour \`veth-b\`, \`\${net}.2/24\` pour \`eth0\`. Puis, de la machine : \`ping \${net}.2\`.
`
    : `# ${title}

You are \`root\` in a machine that is yours alone. An objective lights up as soon as the kernel's state is right, whichever
command brought it there.

## 1. Create the namespace

A network namespace has interfaces, addresses and routes of its own. \`ip netns\` alone lists those that exist. Create
\`blue\`.

## 2. Wire it

A **veth** pair is a cable with two ends. The end \`veth-b\` stays in the machine, \`eth0\` goes to \`blue\`; bring both up.

## 3. Give addresses

\`\${net}.1/24\` for \`veth-b\`, \`\${net}.2/24\` for \`eth0\`. Then, from the machine: \`ping \${net}.2\`.
`;
}
