import { z } from 'zod';

/** What an engine can offer a sandbox: `sandbox.requires` must be there, an objective's `requires` is left out otherwise. */
export const CAPABILITIES = [
  'netns',
  'ovs',
  'nft',
  'uplink',
  'nested-proc',
  'cgroup',
  'kube.watch',
  'kube.logs',
  'kube.exec',
  'kube.runtime',
] as const;

export const capabilitySchema = z.enum(CAPABILITIES);
export type Capability = z.infer<typeof capabilitySchema>;
