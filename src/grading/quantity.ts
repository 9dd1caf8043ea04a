const FACTORS: Record<string, number> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Kubernetes quantity (`250m`, `64Mi`) as a number; undefined if it is none. */
export function parseQuantity(text: string | number): number | undefined {
  if (typeof text === 'number') return text;
  const found = /^([+-]?\d+(?:\.\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(text);
  return found ? Number(found[1]) * FACTORS[found[2] ?? '']! : undefined;
}
