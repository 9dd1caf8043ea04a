import type { LabFiles } from '../lab-folder.js';
import { flow, HEAD_COMMENT, json, type Sentence, type TemplateInput } from './template.js';

const TITLE: Sentence = { fr: 'Une première boutique', en: 'A first shop' };
const SUMMARY: Sentence = {
  fr: 'Créer un espace de noms Kubernetes et y ranger une configuration.',
  en: 'Create a Kubernetes namespace and keep a configuration in it.',
};
const MADE: Sentence = { fr: "Créer l'espace de noms shop", en: 'Create the namespace shop' };
const MADE_HINT: Sentence = { fr: 'Voyez kubectl create namespace.', en: 'See kubectl create namespace.' };
const CONFIGURED: Sentence = {
  fr: 'Y créer la ConfigMap prices, dont la clé tea vaut ${price}',
  en: 'Create the ConfigMap prices in it, whose key tea is ${price}',
};
const ELSEWHERE: Sentence = {
  fr: 'prices existe, mais dans un autre espace de noms. Voyez kubectl -n.',
  en: 'prices exists, but in another namespace. See kubectl -n.',
};

/** Objects of a cluster, without pods: it passes on any node image. */
export function kubernetesTemplate(input: TemplateInput): LabFiles {
  const pages = input.locales.map((locale) => [`instructions.${locale}.md`, page(TITLE[locale], locale)]);
  return {
    'lab.yaml': labYaml(input),
    'solution.sh': SOLUTION,
    ...(Object.fromEntries(pages) as LabFiles),
    ...fixtures(),
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
sandbox:
  cluster: { nodes: 1 } # a cluster of the learner's own, and a machine with kubectl beside it
  requires: [kube.watch]
# Pods need images that the node has: nodes reach no registry. docs/authoring.md says which and how to add one.

params: # \${price} everywhere below; drawn anew where a run is to differ from the neighbour's
  price: { default: "12", draw: { oneOf: ["12", "15", "18"] } }

observe: # what is read from the API server with the platform's own credential
  shop: { kube.get: { apiVersion: v1, kind: Namespace, name: shop } }
  prices: { kube.get: { apiVersion: v1, kind: ConfigMap, namespace: shop, name: prices } }
  maps: { kube.list: { apiVersion: v1, kind: ConfigMap } } # for the explanation

objectives:
  - id: namespace
    title: ${text(MADE)}
    weight: 1
    # A pattern: every key that is given must be so, others are free.
    assert: { match: { shop: { status: { phase: Active } } } }
    hints:
      - { after: 2m, text: ${text(MADE_HINT)} }

  - id: configured
    title: ${text(CONFIGURED)}
    weight: 3
    needs: [namespace] # not looked at before
    assert: { match: { prices: { data: { tea: "\${price}" } } } }
    explain: # the first one that holds is said; else a sentence is made from what differs
      - { when: "maps.exists(m, m.metadata.name == 'prices' && m.metadata.namespace != 'shop')", text: ${text(ELSEWHERE)} }
`;
}

const SOLUTION = `# Typed line by line into the sandbox's shell by \`wheelhouse lab test\`; learners never see it.
# "# expect: N" = points that are due once the lines above have taken effect.
# expect: 0
kubectl create namespace shop
# expect: 1
# Parameters are in the shell's environment.
kubectl -n shop create configmap prices --from-literal=tea=\${price}
# expect: 4
kubectl -n shop get configmap prices -o yaml
`;

function fixtures(): LabFiles {
  const shop = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop' },
    status: { phase: 'Active' },
  };
  const metadata = { name: 'prices', namespace: 'shop' };
  const prices = { apiVersion: 'v1', kind: 'ConfigMap', data: { tea: '12' }, metadata };
  const solved = { shop, prices, maps: [prices] };
  const dear = { ...prices, data: { tea: '120' } };
  return {
    'fixtures/pass-all.json': json({ observations: solved, expect: { namespace: true, configured: true } }),
    'fixtures/fail-namespace.json': json({
      observations: { ...solved, shop: { ...shop, status: { phase: 'Terminating' } } },
      expect: { namespace: false },
    }),
    'fixtures/fail-configured.json': json({
      observations: { ...solved, prices: dear, maps: [dear] },
      expect: { configured: false },
    }),
  };
}

function page(title: string, locale: 'fr' | 'en'): string {
  return locale === 'fr'
    ? `# ${title}

Un cluster Kubernetes n'est qu'à vous ; \`kubectl\` y mène déjà. Un objectif s'allume dès que l'état du cluster est le bon.

## 1. Créer l'espace de noms

\`kubectl get namespaces\` liste ceux qui existent. Créez \`shop\`.

## 2. Ranger une configuration

Une **ConfigMap** garde des paires de clés et de valeurs. Créez \`prices\` dans \`shop\`, avec la clé \`tea\` et la valeur
\`\${price}\`.
`
    : `# ${title}

A Kubernetes cluster is yours alone; \`kubectl\` leads there already. An objective lights up as soon as the state of the
cluster is right.

## 1. Create the namespace

\`kubectl get namespaces\` lists those that exist. Create \`shop\`.

## 2. Keep a configuration

A **ConfigMap** holds pairs of keys and values. Create \`prices\` in \`shop\`, with the key \`tea\` and the value \`\${price}\`.
`;
}
