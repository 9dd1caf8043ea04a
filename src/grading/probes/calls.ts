import { z } from 'zod';
import { hostFileParams } from './file-params.js';
import { httpGetParams } from './http-params.js';
import { kubeParams } from './kube-params.js';
import { netTcpParams } from './net-tcp-params.js';
import { netnsParams } from './netns-params.js';
import { hostProcsParams } from './procs-params.js';
import type { Trust } from './traits.js';
import { netnsSysctlParams } from './netns-sysctl.js';

/** Every probe that lab.yaml may name, with its parameters. */
export const probeParams = {
  ...netnsParams,
  'netns.sysctl': netnsSysctlParams,
  'net.tcp': netTcpParams,
  ...kubeParams,
  'http.get': httpGetParams,
  'host.file': hostFileParams,
  'host.procs': hostProcsParams,
} as const;

export type ProbeName = keyof typeof probeParams;
/** What is asked of a script of the lab; made from its assertions, never written as a probe. */
export interface ScriptCall {
  probe: 'script';
  params: { file: string; reads: string[]; trust: Trust };
  notBefore?: Date;
}

export type ProbeCall =
  | ScriptCall
  | {
      [K in ProbeName]: {
        probe: K;
        params: z.infer<(typeof probeParams)[K]>;
        /** What was before this moment, on the machine's clock, does not count; only for probes that can tell. */
        notBefore?: Date;
      };
    }[ProbeName];
export type CallOf<K extends ProbeName> = Extract<ProbeCall, { probe: K }>;

export const PROBE_NAMES = Object.keys(probeParams) as ProbeName[];

/** `path` leads from the call to the place of the problem. */
export type ParsedCall = { call: ProbeCall } | { problem: string; path: (string | number)[] };

/** `{ netns.links: { ns: red } }` -> a checked call, or what is wrong with it. */
export function parseCall(raw: unknown): ParsedCall {
  const entries = typeof raw === 'object' && raw !== null ? Object.entries(raw) : [];
  if (entries.length !== 1)
    return { problem: 'must be one probe call, such as { netns.links: { ns: red } }', path: [] };
  const [name, params] = entries[0]!;
  if (!Object.hasOwn(probeParams, name)) {
    return { problem: `unknown probe ${name}; known: ${PROBE_NAMES.join(', ')}`, path: [name] };
  }
  const parsed = probeParams[name as ProbeName].safeParse(params ?? {});
  if (parsed.success) return { call: { probe: name, params: parsed.data } as ProbeCall };
  const issue = parsed.error.issues[0]!;
  const path = [name, ...(issue.path as (string | number)[])];
  return { problem: `${path.join('.')}: ${issue.message}`, path };
}
