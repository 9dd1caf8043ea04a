import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';

/** One key and its echo, ms. The clock stops when the bytes come, not when the bench gets round to waiting on. */
export function key(socket: WebSocket): Promise<number> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const arrived = (data: unknown, isBinary: boolean): void => {
      const took = performance.now() - began;
      // Ours marks terminal bytes as binary and control frames as JSON; the naive relay sends text alone.
      if (!isBinary && (data as Buffer).toString().startsWith('{"t":')) return;
      clearTimeout(late);
      socket.off('message', arrived);
      resolve(took);
    };
    const late = setTimeout(() => reject(new Error('no echo within 5 s')), 5000);
    socket.on('message', arrived);
    socket.send(Buffer.from('x'));
  });
}

/** `gapMs` 0: each key follows the echo of the one before. */
export async function keys(socket: WebSocket, count: number, gapMs: number): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < count; i++) {
    samples.push(await key(socket));
    // Not in step with any timer of the server.
    if (gapMs > 0) await sleep(gapMs + ((i * 7) % 5));
    if (i % 60 !== 59) continue;
    // A new line before this one wraps; its own echo is waited out.
    socket.send(Buffer.from('\x15'));
    await sleep(20);
  }
  return samples;
}
