import { z } from 'zod';

export const hostProcsParams = z.strictObject({
  /** Only processes for which this namespace is not the lab host's own. */
  inNs: z.enum(['pid', 'mnt', 'uts', 'net']).optional(),
});
export type HostProcsParams = z.infer<typeof hostProcsParams>;
