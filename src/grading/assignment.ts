/**
 * Maximum bipartite matching by augmenting paths. `fits(i, j)` says whether expected i may take observed j.
 * Returns for each expected index the observed one, or -1.
 */
export function assign(
  expected: number,
  observed: number,
  fits: (i: number, j: number) => boolean,
): number[] {
  const takenBy = Array.from({ length: observed }, () => -1);
  const augment = (i: number, visited: Set<number>): boolean => {
    for (let j = 0; j < observed; j++) {
      if (visited.has(j) || !fits(i, j)) continue;
      visited.add(j);
      if (takenBy[j]! < 0 || augment(takenBy[j]!, visited)) {
        takenBy[j] = i;
        return true;
      }
    }
    return false;
  };
  for (let i = 0; i < expected; i++) augment(i, new Set());
  const result = Array.from({ length: expected }, () => -1);
  takenBy.forEach((i, j) => {
    if (i >= 0) result[i] = j;
  });
  return result;
}
