import type { LabFiles } from '../lab-folder.js';
import type { Locale } from '../text-spec.js';

/** Something of the original that has no place in the lab, and what the author can do about it. */
export interface LeftOut {
  /** File of the original, with the line where it helps: `step1/verify.sh`, `pc1.startup:4`. */
  where: string;
  what: string;
}

export interface Imported {
  files: LabFiles;
  leftOut: LeftOut[];
}

export interface ImportOptions {
  /** Name of the new lab. */
  id: string;
  locale: Locale;
  /** Where editors find the schema, from the folder of the lab. */
  schema?: string | undefined;
}

/** The original cannot be read; the message says where and what to do. */
export class ImportError extends Error {}

/** As `IMPORT.md`, so that the list is at hand while the author writes what is missing. */
export function leftOutPage(from: string, leftOut: readonly LeftOut[]): string {
  const lines =
    leftOut.length === 0
      ? ['Everything was translated.']
      : leftOut.map(({ where, what }) => `- \`${where}\`: ${what}`);
  return `# Imported from ${from}\n\nWhat could not be translated; delete this file once it is dealt with.\n\n${lines.join('\n')}\n`;
}

/** A name as ids allow it. */
export function asId(text: string, otherwise: string): string {
  const id = text
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return id === '' ? otherwise : id;
}

/** The second `web` becomes `web-2`. */
export function distinctIds(ids: readonly string[]): string[] {
  const taken = new Set<string>();
  return ids.map((id) => {
    let name = id;
    for (let n = 2; taken.has(name); n++) name = `${id}-${n}`;
    taken.add(name);
    return name;
  });
}

/** Texts of labs hold 300 characters. */
export function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= 300 ? line : `${line.slice(0, 299)}…`;
}

/** The shell's own `${NAME}` in a text that has parameters put in. */
export function asItStands(text: string): string {
  return text.replace(/\$\{(?=[a-zA-Z0-9_-]+\})/g, (found) => `$${found}`);
}
