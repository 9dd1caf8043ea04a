import { z } from 'zod';
import { namespacedName, podsOf } from './kube-params.js';
import { ipAddress, nsName } from './netns-params.js';

const target = z.union(
  [
    /** Each running pod by its own address. */
    z.strictObject({ pods: podsOf }),
    /** The cluster address of a Service. */
    z.strictObject({ service: namespacedName }),
    /** The node port of a Service, on the first node. */
    z.strictObject({ nodePort: namespacedName }),
    z.strictObject({ addr: ipAddress }),
  ],
  { error: 'must be one of pods: {...}, service: NAMESPACE/NAME, nodePort: NAMESPACE/NAME, addr: ADDRESS' },
);

export const httpGetParams = z.strictObject({
  /** `node` is the first node of the cluster, `main` the lab host, else a namespace of the lab host. */
  from: nsName,
  to: target,
  /** Port of the pod, of the Service (also for nodePort), or of the address. */
  port: z.int().min(1).max(65_535),
  path: z
    .string()
    .regex(/^\/[\x21-\x7e]{0,500}$/, 'must be a path that begins with / and has no spaces')
    .default('/'),
  /** Requests to each target, each on a connection of its own. */
  count: z.int().min(1).max(20).default(1),
  /** `json` adds `data`, the parsed body, or null. */
  parse: z.enum(['text', 'json']).default('text'),
});
export type HttpGetParams = z.infer<typeof httpGetParams>;
