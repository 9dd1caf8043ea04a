import { callOf, type PreparedLab } from '../../labs/prepared-lab.js';
import { canonical, type Json } from '../json.js';

/** Name of each observation -> what is asked: equal texts are one question, whatever it is called. */
export function questionsOf(lab: PreparedLab): Record<string, string> {
  const plain = Object.keys(lab.calls).map((name) => [name, textOf(callOf(lab, name) as unknown as Json)]);
  const own = Object.entries(lab.variants).map(([key, variant]) => [key, textOf(variant as unknown as Json)]);
  return Object.fromEntries([...plain, ...own]) as Record<string, string>;
}

function textOf(value: Json): string {
  return canonical(JSON.parse(JSON.stringify(value)) as Json);
}
