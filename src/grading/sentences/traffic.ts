import type { Failure } from '../evaluate.js';
import type { CallOf, ProbeCall } from '../probes/calls.js';
import { targetOf } from './nouns.js';
import { show, type Place } from './place.js';
import { capital, namespaceOf, say, type Said } from './said.js';

/** What is wrong with packets and requests; undefined = nothing better than the rule. */
export function trafficSentence(call: ProbeCall, failure: Failure, place: Place): Said | undefined {
  if (call.probe === 'net.ping') return ofPing(call, failure, place);
  if (call.probe === 'net.tcp') return ofConnection(call, failure, place);
  return call.probe === 'http.get' ? ofRequest(call, failure, place) : undefined;
}

function ofPing(
  { params: { from, to } }: CallOf<'net.ping'>,
  { observed }: Failure,
  { shape, field, elements }: Place,
): Said | undefined {
  const [source, target] = [namespaceOf(from).is, namespaceOf(to.ns)];
  const begin = capital(source.fr);
  if (shape === '')
    return say(
      `Le ping de ${from} vers ${to.addr} ne peut pas partir : un des deux espaces n’existe pas.`,
      `The ping from ${from} to ${to.addr} cannot start: one of the two namespaces does not exist.`,
    );
  if (field === 'received')
    return observed === 0
      ? say(`${to.addr} ne répond pas à ${source.fr}.`, `${to.addr} does not answer ${source.en}.`)
      : say(
          `${begin} n’a reçu que ${show(observed)} réponse(s) de ${to.addr}.`,
          `${capital(source.en)} got only ${show(observed)} replies from ${to.addr}.`,
        );
  if (shape.startsWith('.witness'))
    return say(
      `Les paquets envoyés par ${source.fr} à ${to.addr} n’arrivent pas ${target.in.fr}.`,
      `The packets that ${source.en} sends to ${to.addr} do not arrive ${target.in.en}.`,
    );
  if (shape.startsWith('.via'))
    return say(
      `Les paquets vers ${to.addr} ne passent pas par ${elements.at(-1) ?? show(observed)}.`,
      `The packets to ${to.addr} do not go through ${elements.at(-1) ?? show(observed)}.`,
    );
  return undefined;
}

function ofConnection(
  { params: { from, to } }: CallOf<'net.tcp'>,
  { expected, observed }: Failure,
  { shape, field, elements }: Place,
): Said | undefined {
  const source = namespaceOf(from).is;
  const target = `${to.addr ?? to.ns}:${to.port}`;
  if (shape === '')
    return say(
      `La connexion de ${source.fr} vers ${target} ne peut pas partir : un des deux espaces n’existe pas.`,
      `The connection from ${source.en} to ${target} cannot start: one of the two namespaces does not exist.`,
    );
  if (field === 'reached')
    return expected === false
      ? say(
          `${target} ne doit pas être joignable depuis ${source.fr}.`,
          `${target} must not be reachable from ${source.en}.`,
        )
      : say(
          `La connexion de ${source.fr} vers ${target} n’aboutit pas.`,
          `The connection from ${source.en} to ${target} is not made.`,
        );
  if (field === 'nonceMatched')
    return say(
      `La connexion de ${source.fr} vers ${target} aboutit ailleurs que là où elle doit arriver.`,
      `The connection from ${source.en} to ${target} ends elsewhere than where it has to arrive.`,
    );
  if (field === 'srcSeen')
    return say(
      `La connexion arrive avec l’adresse source ${show(observed)} ; il faut ${show(expected)}.`,
      `The connection arrives with the source address ${show(observed)}; it has to be ${show(expected)}.`,
    );
  if (shape.startsWith('.via'))
    return say(
      `La connexion ne passe pas par ${elements.at(-1) ?? show(observed)}.`,
      `The connection does not go through ${elements.at(-1) ?? show(observed)}.`,
    );
  return undefined;
}

function ofRequest(
  { params }: CallOf<'http.get'>,
  { kind, expected, observed }: Failure,
  { shape, field }: Place,
): Said | undefined {
  const target = targetOf(params.to);
  const [fr, en] = [capital(target.fr), capital(target.en)];
  if (shape === '')
    return say(`${fr} : introuvable, rien ne peut répondre.`, `${en}: not found, nothing can answer.`);
  const nobody = kind === 'missing' && (field === 'status' || field === 'responses' || field === 'body');
  if (nobody || (field === 'responses' && Array.isArray(observed) && observed.length === 0))
    return say(
      `${fr} : pas de réponse sur le port ${params.port}.`,
      `${en}: no answer on port ${params.port}.`,
    );
  if (field === 'status')
    return say(
      `${fr} : la réponse a le statut ${show(observed)} ; il faut ${show(expected)}.`,
      `${en}: the answer has the status ${show(observed)}; it has to be ${show(expected)}.`,
    );
  if (field === 'body' || field.startsWith('data'))
    return say(
      `${fr} : le contenu de la réponse n’est pas celui attendu.`,
      `${en}: the content of the answer is not the expected one.`,
    );
  return undefined;
}
