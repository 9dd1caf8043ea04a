import type { Assert } from '../../grading/assert.js';

export type Path = (string | number)[];

/** Every node of an assertion, parents first, with its place in lab.yaml. */
export function* nodesOf(node: Assert, at: Path): Generator<{ node: Assert; at: Path }> {
  yield { node, at };
  if ('all' in node) yield* listed(node.all, [...at, 'all']);
  else if ('any' in node) yield* listed(node.any, [...at, 'any']);
  else if ('not' in node) yield* nodesOf(node.not, [...at, 'not']);
}

function* listed(nodes: readonly Assert[], at: Path): Generator<{ node: Assert; at: Path }> {
  for (const [i, node] of nodes.entries()) yield* nodesOf(node, [...at, i]);
}
