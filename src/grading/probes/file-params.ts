import { z } from 'zod';

export const hostFileParams = z.strictObject({
  /** Inside the lab host; `~/` is the learner's home. */
  path: z
    .string()
    .regex(/^(~\/|\/)[\x20-\x7e]{1,500}$/, 'must be an absolute path, or begin with ~/')
    .refine((p) => !p.split('/').some((part) => part === '..' || part === '.'), 'must not contain . or ..'),
  /** `text` is trimmed; the others give `data`, null when it does not parse. */
  parse: z.enum(['text', 'json', 'yaml', 'kubeconfig']).default('text'),
  maxBytes: z.int().min(1).max(16_384).default(4096),
});
export type HostFileParams = z.infer<typeof hostFileParams>;
