import { SocketWire } from './socket-wire.js';
import type { AttachedInfo, DriverInfo, PeerInfo, TerminalExit, Wire } from './wire.js';

export const TTYD_PROTOCOL = 'tty';

const ignore = (): void => undefined;
const OUTPUT = 0x30;
const RESET = Buffer.from('\x1bc');

/** ttyd's `tty`: one letter, then the payload. Its stock page shows the title, which is where its user is told things. */
export class TtydWire extends SocketWire implements Wire {
  readonly protocol = 'ttyd';
  readonly holdsInput = true;
  readonly confirmsReplay = false;
  readonly informs = true;
  readonly size = ignore;
  readonly replayEnd = ignore;
  readonly input = ignore;
  readonly error = ignore;
  readonly notice = ignore;
  private name = '';
  private told = '';
  private taker: string | undefined;
  private watchers: string[] = [];

  attached(info: AttachedInfo): void {
    this.name = info.name;
    this.title();
    // The page waits for preferences before it draws anything, also for none.
    this.socket.send(Buffer.from('2{}'), { binary: true });
  }

  override output(bytes: Buffer, sent: () => void): void {
    const frame = Buffer.allocUnsafe(bytes.length + 1);
    frame[0] = OUTPUT;
    bytes.copy(frame, 1);
    super.output(frame, sent);
  }

  /** What follows a gap would be drawn over the wrong screen. */
  gap(): void {
    this.output(RESET, ignore);
  }

  driver(info: DriverInfo): void {
    this.taker = info.kind === 'instructor' ? info.user?.name : undefined;
    this.title();
  }

  peers(items: PeerInfo[]): void {
    this.watchers = items.filter(({ kind }) => kind === 'instructor').map(({ user }) => user.name);
    this.title();
  }

  exit(exit: TerminalExit): void {
    this.close(1000, `exit:${exit.code ?? exit.signal ?? 'unknown'}`);
  }

  private title(): void {
    const watched = this.watchers.length > 0 ? ` - watched by ${this.watchers.join(', ')}` : '';
    const text = this.taker === undefined ? `${this.name}${watched}` : `${this.name} - ${this.taker} drives`;
    if (text === this.told) return;
    this.told = text;
    this.socket.send(Buffer.from(`1${text}`), { binary: true });
  }
}
