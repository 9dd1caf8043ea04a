import { SocketWire } from './socket-wire.js';
import type { TerminalExit, Wire } from './wire.js';

export const CHANNEL_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;
export type ChannelProtocol = (typeof CHANNEL_PROTOCOLS)[number];

export const STDIN = 0;
const STDOUT = 1;
const STATUS = 3;
export const RESIZE = 4;
/** v5: the next byte names a channel that the client will send no more on. */
export const CLOSE_CHANNEL = 255;

const ignore = (): void => undefined;
const RESET = Buffer.from('\x1bc');

/** Kubernetes exec: the first byte of a message is its channel. A terminal has one stream, so 2 is never used. */
export class ChannelWire extends SocketWire implements Wire {
  readonly holdsInput = true;
  readonly confirmsReplay = false;
  readonly informs = false;
  readonly size = ignore;
  readonly replayEnd = ignore;
  readonly input = ignore;
  readonly driver = ignore;
  readonly peers = ignore;
  readonly error = ignore;
  readonly notice = ignore;

  constructor(
    readonly protocol: ChannelProtocol,
    ...rest: ConstructorParameters<typeof SocketWire>
  ) {
    super(...rest);
  }

  /** An empty message tells the client that the stream is open. */
  attached(): void {
    this.send(STDOUT, Buffer.alloc(0));
  }

  override output(bytes: Buffer, sent: () => void): void {
    this.send(STDOUT, bytes, sent);
  }

  gap(): void {
    this.send(STDOUT, RESET);
  }

  exit(exit: TerminalExit): void {
    this.send(STATUS, Buffer.from(JSON.stringify(status(exit))));
    this.close(1000, `exit:${exit.code ?? exit.signal ?? 'unknown'}`);
  }

  private send(channel: number, bytes: Buffer, sent?: () => void): void {
    const frame = Buffer.allocUnsafe(bytes.length + 1);
    frame[0] = channel;
    bytes.copy(frame, 1);
    super.output(frame, sent ?? ignore);
  }
}

/** A `meta/v1` Status as the API server sends it at the end of an exec. */
function status(exit: TerminalExit): object {
  const head = { kind: 'Status', apiVersion: 'v1', metadata: {} };
  if (exit.code === 0) return { ...head, status: 'Success' };
  if (exit.code === null) {
    const message = `command terminated by signal ${exit.signal ?? 'unknown'} (${exit.reason})`;
    return { ...head, status: 'Failure', reason: 'InternalError', message, code: 500 };
  }
  return {
    ...head,
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `command terminated with non-zero exit code: exit status ${exit.code}`,
    details: { causes: [{ reason: 'ExitCode', message: String(exit.code) }] },
  };
}
