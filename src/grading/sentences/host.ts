import type { Failure } from '../evaluate.js';
import type { ProbeCall } from '../probes/calls.js';
import { show, type Place } from './place.js';
import { capital, namespaceOf, say, type Said } from './said.js';

/** What is wrong with files, processes and settings of the lab host; undefined = nothing better than the rule. */
export function hostSentence(call: ProbeCall, failure: Failure, place: Place): Said | undefined {
  const { shape, field, elements } = place;
  if (call.probe === 'host.file') {
    const { path } = call.params;
    if (shape === '' && failure.kind === 'missing')
      return say(`Le fichier ${path} n’existe pas.`, `The file ${path} does not exist.`);
    if (shape === '' && failure.kind === 'extra')
      return say(`Le fichier ${path} existe encore.`, `The file ${path} still exists.`);
    if (field === 'text' || field.startsWith('data'))
      return say(
        `Le contenu de ${path} n’est pas celui attendu.`,
        `The content of ${path} is not the expected one.`,
      );
    if (field === 'mode')
      return say(
        `Les droits de ${path} sont ${show(failure.observed)} ; il faut ${show(failure.expected)}.`,
        `The mode of ${path} is ${show(failure.observed)}; it has to be ${show(failure.expected)}.`,
      );
  }
  if (call.probe === 'netns.sysctl' && failure.kind !== 'unreadable') {
    const where = namespaceOf(call.params.ns).in;
    const key = elements[0] ?? field;
    return say(
      `${capital(where.fr)}, ${key} vaut ${show(failure.observed)} ; il faut ${show(failure.expected)}.`,
      `${capital(where.en)}, ${key} is ${show(failure.observed)}; it has to be ${show(failure.expected)}.`,
    );
  }
  if (call.probe === 'host.procs' && failure.kind === 'missing')
    return say('Aucun processus n’est comme demandé.', 'No process is as asked for.');
  return undefined;
}
