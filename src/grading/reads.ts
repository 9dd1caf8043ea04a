import { walkAssert, type Assert } from './assert.js';
import type { CelProgram } from './cel.js';
import { scriptKey } from './scripts/script-node.js';

/** Names of the observations that an assertion can read. */
export function readsOf(assert: Assert | undefined, compile: (source: string) => CelProgram): string[] {
  const names = new Set<string>();
  if (!assert) return [];
  walkAssert(assert, (node) => {
    if ('match' in node) for (const name of Object.keys(node.match)) names.add(name);
    if ('script' in node) names.add(scriptKey(node.script));
    if ('cel' in node) for (const name of compile(node.cel).reads) names.add(name);
  });
  return [...names];
}
