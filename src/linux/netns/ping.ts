import { CommandError } from '../exec/command-error.js';
import { runCommand } from '../exec/command.js';
import { enterArgv, entryFds, isRefusal, type EntryFds } from './enter.js';
import { NetnsError } from './netns-error.js';

const INTERVAL_S = 0.03;
/** A reply inside one machine takes well below a millisecond; half a second says that none comes. */
const WAIT_S = 0.4;

export interface PingResult {
  sent: number;
  received: number;
  rttMs: number | null;
}

/** The machine's own ping, inside a namespace. No route or no reply is a result; rejects with NetnsError. */
export async function ping(
  fds: EntryFds,
  o: { address: string; count: number; pattern: Buffer; signal?: AbortSignal },
): Promise<PingResult> {
  const args = ['-n', '-q', '-c', String(o.count), '-i', String(INTERVAL_S), '-W', String(WAIT_S)];
  try {
    const { stdout, stderr } = await runCommand({
      argv: enterArgv('ping', [...args, '-p', o.pattern.toString('hex'), '--', o.address]),
      extraFds: entryFds(fds),
      env: { LC_ALL: 'C' },
      timeoutMs: 3000,
      maxOutput: 8192,
      signal: o.signal,
      // 1: no reply; 2: no route.
      accept: [0, 1, 2],
    });
    // nsenter's own failure also has status 1.
    if (isRefusal(stderr)) throw new NetnsError('tenant', 'refused', 'the kernel refused the namespace');
    return parsePing(stdout, o.count);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new NetnsError('platform', error.failure === 'timeout' ? 'timeout' : 'ended', error.message);
  }
}

/** Reads the two closing lines of iputils' ping. */
export function parsePing(text: string, count: number): PingResult {
  const totals = /(\d+) packets transmitted, (\d+) received/.exec(text);
  const rtt = /= [\d.]+\/([\d.]+)\//.exec(text);
  return {
    sent: totals ? Number(totals[1]) : count,
    received: totals ? Number(totals[2]) : 0,
    rttMs: rtt ? Number(rtt[1]) : null,
  };
}
