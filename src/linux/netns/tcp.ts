import { isIPv6 } from 'node:net';
import { CommandError } from '../exec/command-error.js';
import { runCommand } from '../exec/command.js';
import { startResident } from '../exec/resident.js';
import { isRefusal, type NetnsEntry } from './enter.js';
import { LineReader } from './line-reader.js';
import { NetnsError } from './netns-error.js';
import { DIAL, LISTEN } from './tcp-scripts.js';

const READY_MS = 2000;
/** In one machine a connection takes below a millisecond; after one second the first packet is sent once more. */
const DIAL_S = 2;
const MAX_CONNECTIONS = 4;

/** Somebody sent a line to our listener. */
export interface Arrival {
  /** As the listener's kernel knows it: after all translation on the way. */
  from: string;
  text: string;
}

export interface TcpListener {
  /** The first arrival whose text holds `nonce`; undefined if there is none within that time. */
  arrival(nonce: string, withinMs: number): Promise<Arrival | undefined>;
  close(): void;
}

export const familyOf = (address: string): '4' | '6' => (isIPv6(address) ? '6' : '4');

/**
 * Listens on a port of a namespace, at every address; resolves once it does, with undefined where a process of the
 * learner has the port already. Rejects with NetnsError.
 */
export async function startTcpListener(
  entry: NetnsEntry,
  o: { family: '4' | '6'; port: number; answer: string },
): Promise<TcpListener | undefined> {
  const args = ['-e', LISTEN, o.family, String(o.port), o.answer, String(MAX_CONNECTIONS)];
  const child = await startResident({
    argv: entry.argv('perl', args, ['net_bind_service']),
    extraFds: entry.fds,
  });
  const arrivals: Arrival[] = [];
  let wake = (): void => undefined;
  let stderr = '';
  child.stderr.on('error', () => undefined);
  child.stderr.on('data', (bytes: Buffer) => (stderr = (stderr + bytes.toString('utf8')).slice(-2048)));
  const first = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill();
      reject(new NetnsError('platform', 'timeout', 'the listener did not start in time'));
    }, READY_MS);
    new LineReader(child.stdout, 4096, {
      line: (text) => {
        clearTimeout(timer);
        resolve(text);
        const seen = /^from (\S+) ([0-9a-f]*)$/.exec(text);
        if (seen) arrivals.push({ from: seen[1]!, text: Buffer.from(seen[2]!, 'hex').toString('latin1') });
        wake();
      },
      tooLong: () => child.kill(),
    });
    void child.exited.then(() => {
      clearTimeout(timer);
      wake();
      reject(ended('listener', stderr));
    });
  });
  if (first === 'occupied') return undefined;
  return {
    async arrival(nonce, withinMs) {
      const find = (): Arrival | undefined => arrivals.find(({ text }) => text.includes(nonce));
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        wake = () => {
          if (!find()) return;
          clearTimeout(timer);
          resolve();
        };
        wake();
      });
      wake = () => undefined;
      return find();
    },
    close: () => child.kill(),
  };
}

export interface DialResult {
  reached: boolean;
  /** The line that came back. */
  answer: string | null;
}

/** Connects, and sends `text` where it is not empty. No way there is a result; rejects with NetnsError. */
export async function dialTcp(
  entry: NetnsEntry,
  o: { address: string; port: number; text: string; awaitAnswer: boolean; signal?: AbortSignal },
): Promise<DialResult> {
  const args = [
    familyOf(o.address),
    o.address,
    String(o.port),
    String(DIAL_S),
    o.text,
    o.awaitAnswer ? '1' : '',
  ];
  try {
    const { stdout, stderr, exit } = await runCommand({
      argv: entry.argv('perl', ['-e', DIAL, ...args]),
      extraFds: entry.fds,
      env: { LC_ALL: 'C' },
      timeoutMs: DIAL_S * 1000 + READY_MS,
      maxOutput: 4096,
      signal: o.signal,
      accept: Array.from({ length: 256 }, (_, status) => status),
    });
    if (exit !== 0) throw ended('dialler', stderr);
    return parseDial(stdout);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new NetnsError('platform', error.failure === 'timeout' ? 'timeout' : 'ended', error.message);
  }
}

export function parseDial(text: string): DialResult {
  const answer = /^answer ([0-9a-f]*)$/m.exec(text)?.[1];
  return {
    reached: /^connected$/m.test(text),
    answer: answer === undefined ? null : Buffer.from(answer, 'hex').toString('latin1'),
  };
}

/** A namespace that may not be entered is the learner's doing. */
function ended(what: string, stderr: string): NetnsError {
  if (isRefusal(stderr)) return new NetnsError('tenant', 'refused', 'the kernel refused the namespace');
  return new NetnsError('platform', 'ended', `the ${what} ended: ${stderr.trim()}`);
}
