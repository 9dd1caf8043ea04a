import type { PreparedLab } from '../labs/prepared-lab.js';
import type { Failure } from './evaluate.js';
import { isObject, printable, type Json } from './json.js';
import { identityOf } from './match.js';

interface Words {
  missing(path: string): string;
  wrong(path: string, expected: string, observed: string): string;
  extra(path: string, observed: string): string;
  held(path: string, observed: string): string;
  notYet: string;
  late: string;
  tripped: string;
  unreadable(path: string, why: string): string;
}

const fr: Words = {
  missing: (path) => `${path} : absent`,
  wrong: (path, expected, observed) => `${path} : attendu ${expected}, observé ${observed}`,
  extra: (path, observed) => `${path} : en trop (${observed})`,
  held: (path, observed) => `${path} : ne devrait pas y être (${observed})`,
  notYet: 'La condition n’est pas encore remplie.',
  late: 'Le temps prévu pour cet objectif est écoulé.',
  tripped: 'Ce que ce lab interdit a été fait.',
  unreadable: (path, why) => `${path} : illisible (${why})`,
};

const en: Words = {
  missing: (path) => `${path}: absent`,
  wrong: (path, expected, observed) => `${path}: expected ${expected}, observed ${observed}`,
  extra: (path, observed) => `${path}: one too many (${observed})`,
  held: (path, observed) => `${path}: should not be there (${observed})`,
  notYet: 'The condition is not met yet.',
  late: 'The time for this objective is over.',
  tripped: 'What this lab forbids was done.',
  unreadable: (path, why) => `${path}: cannot be read (${why})`,
};

/** The computed sentence of a failure. Names from the sandbox are data: shown inert and short. */
export function sentence(failure: Failure, locale: string, _lab?: PreparedLab): string {
  const words = locale === 'fr' ? fr : en;
  // A whole expression as "path" means nothing to a learner.
  if (/[()=<>&|]/.test(failure.path)) return words.notYet;
  const path = printable(failure.path, 80);
  switch (failure.kind) {
    case 'missing':
      return words.missing(path);
    case 'wrong':
      return words.wrong(path, short(failure.expected), short(failure.observed));
    case 'extra':
      return words.extra(path, short(failure.observed));
    case 'held':
      return words.held(path, short(failure.observed));
    case 'late':
      return words.late;
    case 'tripped':
      return words.tripped;
    case 'unreadable':
      return words.unreadable(path, short(failure.observed));
  }
}

function short(value: Json): string {
  if (Array.isArray(value)) return value.map(short).join(', ').slice(0, 80);
  const name = identityOf(value);
  if (name !== undefined) return printable(name, 60);
  if (isObject(value)) {
    const operator = Object.keys(value)[0] ?? '';
    const symbols: Record<string, string> = { $gte: '≥', $gt: '>', $lte: '≤', $lt: '<', $ne: '≠' };
    if (symbols[operator] !== undefined) return `${symbols[operator]} ${short(value[operator]!)}`;
  }
  return printable(typeof value === 'string' ? value : JSON.stringify(value), 60);
}
