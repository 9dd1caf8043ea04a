import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { keys } from './key-echo.js';
import { TerminalClient } from './terminal-client.js';

export interface EchoThread {
  /** Types `count` keys, `gapMs` apart, and gives the time of each echo, ms. */
  measure(count: number, gapMs: number): Promise<number[]>;
  stop(): Promise<unknown>;
}

/** A client on a thread of its own, so that what else the bench does is not measured. */
export async function startEchoThread(url: string): Promise<EchoThread> {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { url } });
  const answer = (): Promise<number[]> =>
    new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', (samples: number[]) => {
        worker.off('error', reject);
        resolve(samples);
      });
    });
  await answer();
  return {
    measure: (count, gapMs) => {
      const samples = answer();
      worker.postMessage({ count, gapMs }, []);
      return samples;
    },
    stop: () => worker.terminate(),
  };
}

async function run(port: NonNullable<typeof parentPort>): Promise<void> {
  const client = await TerminalClient.connect({ url: (workerData as { url: string }).url });
  await client.expect('$ ');
  client.collect = false;
  await keys(client.socket, 100, 0);
  port.on('message', ({ count, gapMs }: { count: number; gapMs: number }) => {
    void keys(client.socket, count, gapMs).then((samples) => port.postMessage(samples));
  });
  port.postMessage([]);
}

if (!isMainThread && parentPort) await run(parentPort);
