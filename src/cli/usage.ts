import type { Command } from './command.js';

const INDENT = ' '.repeat(8);

export function usageOf({ name, usage, about }: Command): string {
  const head = `  wheelhouse ${name}${usage === '' ? '' : ` ${usage}`}`;
  return [head, ...about.map((line) => `${INDENT}${line}`)].join('\n');
}

export function usageText(commands: readonly Command[]): string {
  return ['wheelhouse <command>', ...commands.map(usageOf)].join('\n');
}
