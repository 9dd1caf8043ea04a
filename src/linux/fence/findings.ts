import { readFileSync } from 'node:fs';
import type { Finding } from '../../drivers/host-driver.js';
import { runCommand } from '../exec/command.js';
import { skeleton } from './ruleset.js';

const NFT_MS = 10_000;
const BRIDGE_CALLS = '/proc/sys/net/bridge/bridge-nf-call-iptables';

async function program(): Promise<Finding> {
  const finding = { code: 'fence.nft', wanted: 'nft, which fences the networks of clusters' };
  try {
    const { stdout } = await runCommand({ argv: ['nft', '--version'], timeoutMs: NFT_MS });
    return { ...finding, level: 'ok', found: stdout.trim() };
  } catch (error) {
    return { ...finding, level: 'fail', found: firstLine(error), fix: 'apt-get install nftables' };
  }
}

/** The kernel checks every rule of the fence and then takes none. */
async function rules(): Promise<Finding> {
  const finding = {
    code: 'fence.rules',
    wanted: 'nftables of the families inet and bridge, with fib, conntrack and reject',
  };
  try {
    const argv = ['nft', '--check', '-f', '-'];
    await runCommand({ argv, input: skeleton('wheelhouse_check'), timeoutMs: NFT_MS });
    return { ...finding, level: 'ok', found: 'the kernel takes the rules' };
  } catch (error) {
    const fix =
      'run as root in the network namespace of the machine; modprobe nf_tables nft_fib_inet nft_reject_inet';
    return { ...finding, level: 'fail', found: firstLine(error), fix };
  }
}

/** Either state is fine: the forward rules know both. */
function bridgeFilter(): Finding {
  const finding = {
    code: 'fence.br_netfilter',
    level: 'ok' as const,
    wanted: 'known; the fences hold either way',
  };
  try {
    const calls = readFileSync(BRIDGE_CALLS, 'utf8').trim() === '1';
    return { ...finding, found: calls ? 'frames of bridges pass the IP rules' : 'loaded, and off for IPv4' };
  } catch {
    return { ...finding, found: 'not loaded: frames of bridges pass the rules of the family bridge alone' };
  }
}

function firstLine(error: unknown): string {
  const lines = (error as Error).message.split('\n');
  return (lines.find((line) => /error/i.test(line)) ?? lines[0] ?? '').trim();
}

/** What clusters need of the machine to be kept apart; a `fail` means that none may be made. Never rejects. */
export async function fenceFindings(): Promise<Finding[]> {
  const nft = await program();
  return nft.level === 'fail' ? [nft, bridgeFilter()] : [nft, await rules(), bridgeFilter()];
}
