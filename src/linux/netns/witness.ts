import { isIPv4 } from 'node:net';
import { startResident } from '../exec/resident.js';
import { isRefusal, labHostEntry, type EntryFds, type NetnsEntry } from './enter.js';
import { NetnsError } from './netns-error.js';
import { PacketCounter } from './pcap.js';

const READY_MS = 1500;
/** A capture hands over what the kernel has already queued within this. */
const SETTLE_MS = 60;

export interface Witness {
  /** Waits until `expected` packets were seen or a short while went by; ends the capture and returns the count. */
  count(expected: number, withinMs?: number): Promise<number>;
  /** The first packet that was seen, with the header of its link, as far as it was captured. */
  first(): Buffer | undefined;
  close(): void;
}

/**
 * Watches one interface for echo requests to `address` that carry `pattern`: proof, by the kernel, that a ping arrived
 * where it should rather than being answered on the way. Resolves once the capture runs.
 */
export function startWitness(
  fds: EntryFds,
  o: { ifname: string; address: string; pattern: Buffer },
): Promise<Witness> {
  const filter = isIPv4(o.address)
    ? `icmp[icmptype] == icmp-echo and dst host ${o.address}`
    : `icmp6 and ip6[40] == 128 and dst host ${o.address}`;
  return startCapture(labHostEntry(fds), { on: ['-i', o.ifname], filter, pattern: o.pattern });
}

/** Watches for packets that come in, fit `filter` (in tcpdump's words) and carry `pattern`. */
export async function startCapture(
  entry: NetnsEntry,
  o: { on: string[]; filter: string; pattern: Buffer },
): Promise<Witness> {
  // Not promiscuous: that would be a change of the interface, which the monitor takes for the learner's doing.
  const args = ['-n', '-p', '-U', '--immediate-mode', '-Q', 'in', '-s', '256', '-w', '-', ...o.on, o.filter];
  const child = await startResident({ argv: entry.argv('tcpdump', args), extraFds: entry.fds });
  const counter = new PacketCounter(o.pattern);
  const changed = new Set<() => void>();
  child.stdout.on('data', (bytes: Buffer) => {
    counter.push(bytes);
    for (const wake of changed) wake();
  });
  child.stdout.on('error', () => undefined);
  try {
    await listening(child);
  } catch (error) {
    child.kill();
    throw error;
  }
  return {
    async count(expected, withinMs = SETTLE_MS) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          changed.delete(check);
          resolve();
        };
        const check = (): void => {
          if (counter.seen >= expected) done();
        };
        const timer = setTimeout(done, withinMs);
        changed.add(check);
        check();
      });
      child.kill();
      return counter.seen;
    },
    first: () => counter.first,
    close: () => child.kill(),
  };
}

function listening(child: Awaited<ReturnType<typeof startResident>>): Promise<void> {
  let text = '';
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new NetnsError('platform', 'timeout', 'the capture did not start in time'));
    }, READY_MS);
    child.stderr.on('error', () => undefined);
    child.stderr.on('data', (bytes: Buffer) => {
      text = (text + bytes.toString('utf8')).slice(-2048);
      if (!text.includes('listening on')) return;
      clearTimeout(timer);
      resolve();
    });
    void child.exited.then(() => {
      clearTimeout(timer);
      // An interface that went away, or a namespace that may not be entered, is the learner's doing.
      const tenant = isRefusal(text) || /No such device|is not up/i.test(text);
      reject(
        new NetnsError(
          tenant ? 'tenant' : 'platform',
          tenant ? 'refused' : 'ended',
          `tcpdump: ${text.trim()}`,
        ),
      );
    });
  });
}
