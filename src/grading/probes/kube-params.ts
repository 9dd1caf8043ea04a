import { z } from 'zod';

/** Names go into paths of the API as one component each. */
const name = z
  .string()
  .regex(/^[A-Za-z0-9]([A-Za-z0-9.:_-]{0,251}[A-Za-z0-9])?$/, 'must be the name of a Kubernetes object');
const apiVersion = z
  .string()
  .regex(/^([a-z0-9.-]{1,200}\/)?v[0-9a-z]{1,20}$/, 'must be an apiVersion such as v1 or apps/v1');
const kind = z.string().regex(/^[A-Z][A-Za-z0-9]{0,62}$/, 'must be a kind such as Deployment');
const selector = z
  .record(z.string().min(1).max(317), z.string().max(253))
  .refine((s) => Object.keys(s).length > 0, 'is empty');

/** Pods of a Deployment are owned through its ReplicaSets, those of a CronJob through its Jobs. */
export const ownerSchema = z.strictObject({ kind, name });
export type Owner = z.infer<typeof ownerSchema>;

const objects = { apiVersion, kind, namespace: name.optional() };

export const kubeGetParams = z.strictObject({ ...objects, name });
export type KubeGetParams = z.infer<typeof kubeGetParams>;

export const kubeListParams = z.strictObject({
  ...objects,
  /** Equal labels; all must fit. */
  labels: selector.optional(),
  /** Paths in the object, such as `spec.nodeName`, and the text that must stand there. */
  fields: selector.optional(),
  ownedBy: ownerSchema.optional(),
});
export type KubeListParams = z.infer<typeof kubeListParams>;

/** One pod by name, or every pod of an owner. */
const pods = {
  namespace: name.default('default'),
  pod: name.optional(),
  ownedBy: ownerSchema.optional(),
  /** The pod's first container by default. */
  container: name.optional(),
};
const onePodOrOwner = (p: { pod?: string; ownedBy?: Owner }): boolean =>
  (p.pod === undefined) !== (p.ownedBy === undefined);
const POD_OR_OWNER = 'names either a pod or ownedBy';

export const kubeLogsParams = z
  .strictObject({
    ...pods,
    tail: z.int().min(1).max(500).default(200),
    /** Lines that the node's runtime wrote after the learner's clock started. */
    since: z.literal('start').optional(),
  })
  .refine(onePodOrOwner, POD_OR_OWNER);
export type KubeLogsParams = z.infer<typeof kubeLogsParams>;

export const kubeExecParams = z
  .strictObject({ ...pods, argv: z.array(z.string().max(1024)).min(1).max(32) })
  .refine(onePodOrOwner, POD_OR_OWNER);
export type KubeExecParams = z.infer<typeof kubeExecParams>;

export const kubeRuntimeParams = z.strictObject({
  namespace: name.default('default'),
  ownedBy: ownerSchema.optional(),
});
export type KubeRuntimeParams = z.infer<typeof kubeRuntimeParams>;

export const kubeCanIParams = z.strictObject({
  verb: z.string().regex(/^([a-z]{1,32}|\*)$/, 'must be a verb such as get or create'),
  resource: z
    .string()
    .regex(
      /^([a-z]{1,63}|\*)(\.[a-z0-9.-]{1,200})?(\/[a-z]{1,32})?$/,
      'must be a plural such as pods, pods/exec or deployments.apps',
    ),
  namespace: name.optional(),
  name: name.optional(),
});
export type KubeCanIParams = z.infer<typeof kubeCanIParams>;

export const kubeParams = {
  'kube.api': z.strictObject({ path: z.enum(['/version', '/readyz', '/livez']) }),
  'kube.get': kubeGetParams,
  'kube.list': kubeListParams,
  'kube.logs': kubeLogsParams,
  'kube.exec': kubeExecParams,
  'kube.runtime': kubeRuntimeParams,
  'kube.can-i': kubeCanIParams,
} as const;

export const namespacedName = z
  .string()
  .regex(/^[a-z0-9-]{1,63}\/[a-z0-9.-]{1,253}$/, 'must be NAMESPACE/NAME, such as default/web');
export const podsOf = z
  .strictObject({
    namespace: name.default('default'),
    labels: selector.optional(),
    ownedBy: ownerSchema.optional(),
  })
  .refine((p) => p.labels !== undefined || p.ownedBy !== undefined, 'names labels or ownedBy');
