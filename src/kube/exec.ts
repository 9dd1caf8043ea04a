import { WebSocket } from 'ws';
import type { ClusterAccess } from '../drivers/cluster-driver.js';
import { connectionError, KubeError, statusError } from './kube-error.js';

/** Bytes kept of each stream; more is dropped. */
const MAX_OUTPUT = 64 * 1024;
/** Read of the answer to a handshake that was refused. */
const MAX_REASON = 4096;
/** First bytes of the messages of `v5.channel.k8s.io`. */
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;

export interface ExecRequest {
  namespace: string;
  pod: string;
  container: string;
  argv: string[];
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface PodExecResult {
  exit: number;
  stdout: string;
  stderr: string;
}

/** Runs a command in a container, without input and terminal. Rejects with KubeError. */
export function execInPod(access: ClusterAccess, o: ExecRequest): Promise<PodExecResult> {
  const query = new URLSearchParams([
    ['container', o.container],
    ['stdout', 'true'],
    ['stderr', 'true'],
    ...o.argv.map((word): [string, string] => ['command', word]),
  ]);
  const pod = `/api/v1/namespaces/${encodeURIComponent(o.namespace)}/pods/${encodeURIComponent(o.pod)}`;
  const socket = new WebSocket(
    `${access.server.replace(/^http/, 'ws')}${pod}/exec?${query.toString()}`,
    ['v5.channel.k8s.io', 'v4.channel.k8s.io'],
    {
      ca: access.ca,
      cert: access.cert,
      key: access.key,
      handshakeTimeout: o.timeoutMs,
      maxPayload: 1024 * 1024,
      followRedirects: false,
      perMessageDeflate: false,
    },
  );
  const output = { [STDOUT]: new Kept(), [STDERR]: new Kept() };
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      o.signal?.removeEventListener('abort', abort);
      settle();
      socket.terminate();
    };
    const fail = (error: KubeError): void => end(() => reject(error));
    const timer = setTimeout(
      () => fail(new KubeError('timeout', `the command did not end within ${o.timeoutMs} ms`)),
      o.timeoutMs,
    );
    const abort = (): void => fail(new KubeError('aborted', 'no longer wanted'));
    o.signal?.addEventListener('abort', abort, { once: true });
    if (o.signal?.aborted) abort();
    socket.on('unexpected-response', (_, response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        if (text.length < MAX_REASON) text += part;
      });
      response.on('error', (error) => fail(connectionError(error)));
      response.on('end', () => fail(statusError(response.statusCode ?? 0, text)));
    });
    socket.on('error', (error) => fail(connectionError(error)));
    socket.on('close', () => fail(new KubeError('unreachable', 'the connection ended before the command')));
    socket.on('message', (data) => {
      const message = data as Buffer;
      const channel = message[0];
      if (channel === STDOUT || channel === STDERR) return output[channel].push(message.subarray(1));
      if (channel !== STATUS) return;
      const exit = exitOf(message.toString('utf8', 1));
      if (exit instanceof KubeError) return fail(exit);
      end(() => resolve({ exit, stdout: output[STDOUT].text(), stderr: output[STDERR].text() }));
    });
  });
}

/** The first bytes of a stream. */
class Kept {
  private readonly parts: Buffer[] = [];
  private bytes = 0;

  push(part: Buffer): void {
    if (this.bytes < MAX_OUTPUT) this.parts.push(part.subarray(0, MAX_OUTPUT - this.bytes));
    this.bytes += part.length;
  }

  text(): string {
    return Buffer.concat(this.parts).toString('utf8');
  }
}

interface ExecStatus {
  status?: string;
  message?: string;
  details?: { causes?: { reason?: string; message?: string }[] };
}

/** The exit status, or why the command could not run. */
export function exitOf(text: string): number | KubeError {
  let status: ExecStatus;
  try {
    status = JSON.parse(text) as ExecStatus;
  } catch {
    return new KubeError('malformed', 'the status of the command is no JSON');
  }
  if (status.status === 'Success') return 0;
  const cause = status.details?.causes?.find((c) => c.reason === 'ExitCode');
  if (cause && /^\d+$/.test(cause.message ?? '')) return Number(cause.message);
  return new KubeError('invalid', (status.message ?? 'the command could not run').slice(0, 500));
}
