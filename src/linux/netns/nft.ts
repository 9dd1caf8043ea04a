import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { CommandError } from '../exec/command-error.js';
import { runCommand } from '../exec/command.js';
import { enterArgv, entryFds, isRefusal, type EntryFds } from './enter.js';
import { NetnsError } from './netns-error.js';

const MAX_RULESET = 256 * 1024;
const DEADLINE_MS = 2000;

const chainRow = z.object({
  family: z.string(),
  table: z.string(),
  name: z.string(),
  type: z.string().optional(),
  hook: z.string().optional(),
  prio: z.number().optional(),
  policy: z.string().optional(),
});
const ruleRow = z.object({
  family: z.string(),
  table: z.string(),
  chain: z.string(),
  expr: z.array(z.json()).default([]),
});
const ruleset = z.object({
  nftables: z.array(z.object({ chain: chainRow.optional(), rule: ruleRow.optional() })),
});

type NftJson = z.infer<ReturnType<typeof z.json>>;

export interface NftChain {
  family: string;
  table: string;
  chain: string;
  /** `nat`, `filter`, `route`; null for a chain that is only jumped to. */
  type: string | null;
  hook: string | null;
  prio: number | null;
  policy: string | null;
  rules: { expr: NftJson[] }[];
}

/** The machine's own nft, inside a namespace. Rejects with NetnsError. */
export async function readNft(fds: EntryFds): Promise<NftChain[]> {
  try {
    const { stdout, stderr, exit, truncated } = await runCommand({
      argv: enterArgv('nft', ['-j', 'list', 'ruleset']),
      extraFds: entryFds(fds),
      env: { LC_ALL: 'C' },
      timeoutMs: DEADLINE_MS,
      maxOutput: MAX_RULESET,
      accept: [0, 1],
    });
    if (truncated)
      throw new NetnsError('tenant', 'too-large', `the rules are larger than ${MAX_RULESET} bytes`);
    if (isRefusal(stderr)) throw new NetnsError('tenant', 'refused', 'the kernel refused the namespace');
    if (exit !== 0) throw new NetnsError('platform', 'ended', `nft: ${stderr.trim().slice(0, 300)}`);
    return parseNft(stdout);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    // How long it takes is in the hands of whoever wrote the rules.
    if (error.failure === 'timeout') throw new NetnsError('tenant', 'timeout', 'nft did not end in time');
    throw new NetnsError('platform', 'ended', error.message);
  }
}

/** Chains by family, table and name, each with its rules in their order. Throws NetnsError. */
export function parseNft(text: string): NftChain[] {
  let parsed: z.infer<typeof ruleset>;
  try {
    parsed = ruleset.parse(JSON.parse(text));
  } catch (error) {
    throw new NetnsError('platform', 'malformed', `nft did not answer as expected: ${String(error)}`);
  }
  const chains = new Map<string, NftChain>();
  for (const { chain } of parsed.nftables) {
    if (!chain) continue;
    const { family, table, name, type, hook, prio, policy } = chain;
    const base = { type: type ?? null, hook: hook ?? null, prio: prio ?? null, policy: policy ?? null };
    chains.set(JSON.stringify([family, table, name]), { family, table, chain: name, ...base, rules: [] });
  }
  for (const { rule } of parsed.nftables) {
    if (!rule) continue;
    const chain = chains.get(JSON.stringify([rule.family, rule.table, rule.chain]));
    chain?.rules.push({ expr: rule.expr.map(withoutCounts) });
  }
  return [...chains.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, chain]) => chain);
}

/** What was counted changes with every packet, and is no rule. */
function withoutCounts(expr: NftJson): NftJson {
  const counts = typeof expr === 'object' && expr !== null && !Array.isArray(expr) && 'counter' in expr;
  return counts ? { ...expr, counter: null } : expr;
}

/** Names of tables of the older iptables, of which nft knows nothing. `net` is /proc/<pid>/net of the namespace. */
export function legacyTables(net: string): { family: string; table: string }[] {
  return ['ip', 'ip6'].flatMap((family) => {
    try {
      const names = readFileSync(`${net}/${family}_tables_names`, 'utf8').split('\n').filter(Boolean);
      return names.map((table) => ({ family, table }));
    } catch {
      // A kernel without them.
      return [];
    }
  });
}
