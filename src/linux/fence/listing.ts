import { z } from 'zod';

const scalar = z.union([z.string(), z.number()]);
const value = z.union([scalar, z.object({ concat: z.array(scalar) })]);
const element = z.union([
  value.transform((val) => ({ val, comment: undefined })),
  z.object({ elem: z.object({ val: value, comment: z.string().optional() }) }).transform(({ elem }) => elem),
]);
const listing = z.object({
  nftables: z.array(z.looseObject({ set: z.looseObject({ elem: z.array(element).optional() }).optional() })),
});

export interface ListedElement {
  /** Parts of the key. */
  key: string[];
  comment: string | undefined;
}

/** Elements of the set that `nft -j list set` printed. */
export function parseSet(text: string): ListedElement[] {
  const { nftables } = listing.parse(JSON.parse(text));
  return nftables.flatMap(({ set }) =>
    (set?.elem ?? []).map(({ val, comment }) => ({
      key: typeof val === 'object' ? val.concat.map(String) : [String(val)],
      comment,
    })),
  );
}
