import { ACK_EVERY, HIGH_WATER, INPUT_WINDOW } from '../limits.js';
import { SocketWire } from './socket-wire.js';
import type { AttachedInfo, DriverInfo, PeerInfo, TerminalExit, Wire, WireErrorCode } from './wire.js';

export const NATIVE_PROTOCOL = 'wheelhouse.tty.v1';

/** `wheelhouse.tty.v1`: binary frames are terminal bytes, text frames are one JSON object each. */
export class NativeWire extends SocketWire implements Wire {
  readonly protocol = NATIVE_PROTOCOL;
  readonly holdsInput = false;
  readonly confirmsReplay = true;
  readonly informs = true;

  attached(info: AttachedInfo): void {
    this.tell({
      t: 'attached',
      v: 1,
      ...info,
      window: HIGH_WATER,
      ackEvery: ACK_EVERY,
      inputWindow: INPUT_WINDOW,
    });
  }

  size(cols: number, rows: number, by: string | null): void {
    this.tell({ t: 'size', cols, rows, by });
  }

  gap(from: number, to: number): void {
    this.tell({ t: 'gap', from, to });
  }

  replayEnd(seq: number): void {
    this.tell({ t: 'replay-end', seq });
  }

  input(accepted: number, state: 'open' | 'full' | 'locked'): void {
    this.tell({ t: 'input', n: accepted, state });
  }

  driver(info: DriverInfo): void {
    this.tell({ t: 'driver', ...info });
  }

  peers(items: PeerInfo[]): void {
    this.tell({ t: 'peers', items });
  }

  exit(exit: TerminalExit): void {
    const { code, signal, seq, reason, at } = exit;
    this.tell({ t: 'exit', code, signal, seq, reason, at });
    this.close(1000, 'exited');
  }

  error(code: WireErrorCode, message: string, fatal = false): void {
    this.tell({ t: 'error', code, message, fatal });
  }

  notice(level: 'info' | 'warn', code: string, text: string): void {
    this.tell({ t: 'notice', level, code, text });
  }

  pong(id: number): void {
    this.tell({ t: 'pong', id });
  }

  drain(retryAfterMs: number): void {
    this.tell({ t: 'drain', retryAfterMs, survives: false });
  }

  private tell(message: object): void {
    this.socket.send(JSON.stringify(message), { binary: false });
  }
}
