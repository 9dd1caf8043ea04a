import type { PreparedLab } from '../labs/prepared-lab.js';
import type { Failure } from './evaluate.js';
import { printable } from './json.js';
import type { ProbeCall } from './probes/calls.js';
import { SCRIPT_PATH } from './scripts/script-node.js';
import { hostSentence } from './sentences/host.js';
import { kubernetesSentence } from './sentences/kubernetes.js';
import { networkSentence } from './sentences/network.js';
import { nounOf } from './sentences/nouns.js';
import { placeOf, show, type Place } from './sentences/place.js';
import { capital, say, type Said } from './sentences/said.js';
import { scriptSentence } from './sentences/script.js';
import { trafficSentence } from './sentences/traffic.js';

type Calls = Pick<PreparedLab, 'calls' | 'compile' | 'sources'>;

/**
 * The computed sentence of a failure, in the words of the field: what it is about, what it is, what it has to be. Names
 * from the sandbox are data: shown inert and short.
 */
export function sentence(failure: Failure, locale: string, lab?: Calls): string {
  const said = saidOf(failure, lab);
  return locale === 'fr' ? said.fr : said.en;
}

function saidOf(failure: Failure, lab: Calls | undefined): Said {
  if (failure.kind === 'late') return late(Number(failure.expected));
  if (failure.kind === 'tripped')
    return say('Ce que ce lab interdit a été fait.', 'What this lab forbids was done.');
  if (failure.path === SCRIPT_PATH) return scriptSentence(failure);
  if (isExpression(failure.path)) return ofExpression(failure, lab);
  const place = placeOf(failure);
  const call = lab?.calls[place.observation];
  if (!call) return byRule(failure, place, undefined);
  if (failure.kind === 'unreadable') return unreadable(failure, call);
  return (
    networkSentence(call, failure, place) ??
    trafficSentence(call, failure, place) ??
    kubernetesSentence(call, failure, place) ??
    hostSentence(call, failure, place) ??
    byRule(failure, place, call)
  );
}

const isExpression = (path: string): boolean => /[()=<>&|]/.test(path.replace(/\[[^\]]*\]/g, ''));

/** An expression means nothing to a learner: what it looks at does, and above all what of it is not there. */
function ofExpression(failure: Failure, lab: Calls | undefined): Said {
  const notYet = say('La condition n’est pas encore remplie', 'The condition is not met yet');
  // Where something in it was blanked, it is no expression any more.
  const read = lab?.sources.has(failure.path) ? lab.compile(failure.path).reads : [];
  const absent = failure.absent?.[0];
  const call = absent === undefined ? undefined : lab?.calls[absent];
  if (absent !== undefined && call && failure.kind !== 'held')
    return saidOf({ path: absent, kind: 'missing', expected: null, observed: null }, lab);
  const nouns = read.flatMap((name) => (lab?.calls[name] ? [nounOf(lab.calls[name])] : []));
  if (nouns.length === 0 || nouns.length > 3) return say(`${notYet.fr}.`, `${notYet.en}.`);
  const list = say(nouns.map(({ fr }) => fr).join(', '), nouns.map(({ en }) => en).join(', '));
  if (failure.kind === 'held')
    return say(
      `Ce qui ne devait pas arriver est arrivé ; cela se voit sur : ${list.fr}.`,
      `What was not to happen has happened; it shows in: ${list.en}.`,
    );
  return say(`${notYet.fr} ; elle porte sur : ${list.fr}.`, `${notYet.en}; it is about: ${list.en}.`);
}

function late(ms: number): Said {
  const minutes = ms / 60_000;
  const time = minutes >= 1 ? `${Math.round(minutes)} min` : `${Math.round(ms / 1000)} s`;
  return say(
    `Le temps prévu pour cet objectif (${time}) est écoulé.`,
    `The time for this objective (${time}) is over.`,
  );
}

const WHY: Record<string, Said> = {
  refused: say('l’accès est refusé', 'access is refused'),
  timeout: say('pas de réponse à temps', 'no answer in time'),
  'too-large': say('c’est trop grand', 'it is too large'),
  malformed: say('la réponse est mal formée', 'the answer is malformed'),
  'node-silent': say('le nœud ne donne plus de nouvelles', 'the node is silent'),
};

function unreadable({ observed }: Failure, call: ProbeCall): Said {
  const noun = nounOf(call);
  const code = printable(typeof observed === 'string' ? observed : '?', 40);
  const why = WHY[code] ?? say(code, code);
  return say(`Impossible de lire ${noun.fr} : ${why.fr}.`, `Cannot read ${noun.en}: ${why.en}.`);
}

/** For what no sentence was written for: the noun, the field by its name, and the two values. */
function byRule({ kind, expected, observed }: Failure, place: Place, call: ProbeCall | undefined): Said {
  const noun = call ? nounOf(call) : say(place.observation, place.observation);
  const at = [...place.elements, place.field].filter((part) => part !== '').join(', ');
  const about = say(
    at === '' ? capital(noun.fr) : `${capital(noun.fr)}, ${at}`,
    at === '' ? capital(noun.en) : `${capital(noun.en)}, ${at}`,
  );
  const [is, must] = [show(observed), show(expected)];
  switch (kind) {
    case 'missing':
      return say(`${about.fr} : absent.`, `${about.en}: absent.`);
    case 'wrong':
      return say(`${about.fr} : ${is} ; il faut ${must}.`, `${about.en}: ${is}; it has to be ${must}.`);
    case 'extra':
      return say(`${about.fr} : en trop (${is}).`, `${about.en}: one too many (${is}).`);
    case 'held':
      return say(`${about.fr} : ne devrait pas y être (${is}).`, `${about.en}: should not be there (${is}).`);
    default:
      return say(`${about.fr} : illisible.`, `${about.en}: cannot be read.`);
  }
}
