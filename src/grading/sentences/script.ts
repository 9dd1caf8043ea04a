import type { Failure } from '../evaluate.js';
import { isObject, printable } from '../json.js';
import { say, type Said } from './said.js';

const MAX_LENGTH = 300;

/** What the script of a lab said; it is its author's own words, in one language or in each. */
export function scriptSentence({ kind, observed }: Failure): Said {
  if (kind === 'unreadable')
    return say(
      'La vérification de cet objectif n’a pas pu se faire.',
      'This objective could not be checked.',
    );
  const words = isObject(observed) ? observed : { fr: observed, en: observed };
  const [fr, en] = [words['fr'] ?? words['en'], words['en'] ?? words['fr']];
  const shown = (text: unknown, otherwise: string): string =>
    typeof text === 'string' ? printable(text, MAX_LENGTH) : otherwise;
  return say(shown(fr, 'La condition n’est pas encore remplie.'), shown(en, 'The condition is not met yet.'));
}
