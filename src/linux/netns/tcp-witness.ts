import type { NetnsEntry } from './enter.js';
import { startCapture } from './witness.js';

/** Of LINUX_SLL, the header that captures on all interfaces have. */
const LINK_HEADER = 16;

export interface TcpWitness {
  /** Where the packet with the nonce came from; undefined if none arrived within that time. */
  source(withinMs: number): Promise<string | undefined>;
  close(): void;
}

/**
 * Watches a port that a process of the learner has: what that process says is worth nothing, but a packet with the
 * nonce that comes in for that port did arrive.
 */
export async function startTcpWitness(
  entry: NetnsEntry,
  o: { port: number; nonce: string },
): Promise<TcpWitness> {
  const witness = await startCapture(entry, {
    on: ['-i', 'any', '-y', 'LINUX_SLL'],
    filter: `tcp dst port ${o.port}`,
    pattern: Buffer.from(o.nonce),
  });
  return {
    async source(withinMs) {
      await witness.count(1, withinMs);
      const packet = witness.first();
      return packet && sourceOf(packet.subarray(LINK_HEADER));
    },
    close: () => witness.close(),
  };
}

/** Source address of an IP packet; undefined where it is cut off. */
export function sourceOf(packet: Buffer): string | undefined {
  if (packet.length < 40) return undefined;
  if (packet[0]! >> 4 === 4) return [...packet.subarray(12, 16)].join('.');
  const words = Array.from({ length: 8 }, (_, i) => packet.readUInt16BE(8 + 2 * i).toString(16));
  // In the short form that everybody writes.
  return new URL(`http://[${words.join(':')}]`).hostname.slice(1, -1);
}
