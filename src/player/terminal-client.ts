import { createHash } from 'node:crypto';
import { WebSocket } from 'ws';

export interface ControlFrame {
  t: string;
  [field: string]: unknown;
}

export interface ConnectOptions {
  /** `ws://127.0.0.1:8080/v1/tty?ticket=…` */
  url: string;
  cols?: number;
  rows?: number;
  origin?: string;
  resume?: { epoch: string; seq: number; aid?: string };
  replay?: number;
  /** Acknowledge output as it comes; default true. */
  acks?: boolean;
  /** Sent in the hello, when the URL carries no ticket. */
  ticket?: string;
}

const ACK_EVERY = 32 * 1024;
const KEEP = 1024 * 1024;

/** A client of `wheelhouse.tty.v1`: counts offsets, acknowledges, and waits for what it is told to expect. */
export class TerminalClient {
  /** Offset behind the last byte that came. */
  seq = 0;
  aid = '';
  epoch = '';
  readonly frames: ControlFrame[] = [];
  readonly gaps: { from: number; to: number }[] = [];
  /** Whole output, while `collect` is on. */
  chunks: Buffer[] = [];
  collect = true;
  acks: boolean;
  bytes = 0;
  /** Bytes of our input that the terminal took. */
  accepted = 0;
  readonly hash = createHash('sha256');
  readonly closed: Promise<{ code: number; reason: string }>;
  private recent = '';
  private acked = 0;
  private waiters = new Set<() => void>();
  private isClosed = false;

  private constructor(
    readonly socket: WebSocket,
    private readonly options: ConnectOptions,
  ) {
    this.acks = options.acks ?? true;
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        this.isClosed = true;
        resolve({ code, reason: reason.toString() });
        this.wake();
      });
    });
    socket.on('error', () => undefined);
    socket.on('message', (data, isBinary) => {
      if (isBinary) this.output(data as Buffer);
      else this.control(JSON.parse((data as Buffer).toString()) as ControlFrame);
      this.wake();
    });
  }

  /** Opens the socket and says hello; resolves with the `attached` frame in `frames[0]`. */
  static async connect(options: ConnectOptions): Promise<TerminalClient> {
    const client = await TerminalClient.open(options);
    client.hello();
    await client.frame('attached');
    return client;
  }

  /** Only the socket; rejects with the HTTP status of a refused upgrade. */
  static open(options: ConnectOptions): Promise<TerminalClient> {
    const headers = options.origin === undefined ? {} : { origin: options.origin };
    const socket = new WebSocket(options.url, 'wheelhouse.tty.v1', { headers, perMessageDeflate: false });
    return new Promise((resolve, reject) => {
      const client = new TerminalClient(socket, options);
      socket.once('open', () => resolve(client));
      socket.once('unexpected-response', (_request, response) => {
        reject(new Error(`HTTP ${response.statusCode}`));
        socket.terminate();
      });
      socket.once('error', reject);
    });
  }

  hello(): void {
    const { cols = 80, rows = 24, resume, replay, ticket } = this.options;
    this.send({ t: 'hello', v: 1, cols, rows, fc: this.acks, resume, replay, ticket });
  }

  send(frame: ControlFrame): void {
    this.socket.send(JSON.stringify(frame));
  }

  type(text: string | Buffer): void {
    this.socket.send(Buffer.from(text as string));
  }

  /** A line as the Enter key ends it. */
  line(text: string): void {
    this.type(`${text}\r`);
  }

  resize(cols: number, rows: number): void {
    this.send({ t: 'resize', cols, rows });
  }

  ack(): void {
    this.acked = this.seq;
    this.send({ t: 'ack', seq: this.seq });
  }

  /** Loses the connection as a dead network does: no close frame. */
  drop(): Promise<unknown> {
    this.socket.terminate();
    return this.closed;
  }

  close(code = 1000): Promise<unknown> {
    this.socket.close(code);
    return this.closed;
  }

  /** What a following client needs to go on where this one stopped. */
  get position(): { epoch: string; seq: number; aid: string } {
    return { epoch: this.epoch, seq: this.seq, aid: this.aid };
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  /** Waits for output that matches, from everything that came since the last expectation; returns it. */
  async expect(wanted: string | RegExp, ms = 10_000): Promise<string> {
    const find = (): number => {
      if (typeof wanted === 'string') {
        const at = this.recent.indexOf(wanted);
        return at < 0 ? -1 : at + wanted.length;
      }
      const match = wanted.exec(this.recent);
      return match ? match.index + match[0].length : -1;
    };
    await this.until(() => find() >= 0, ms, `output ${String(wanted)}`);
    const end = find();
    const seen = this.recent.slice(0, end);
    this.recent = this.recent.slice(end);
    return seen;
  }

  /** The first control frame of the type (and like it), whether it came already or will. */
  async frame(
    t: string,
    like: (frame: ControlFrame) => boolean = () => true,
    ms = 10_000,
  ): Promise<ControlFrame> {
    const find = () => this.frames.find((frame) => frame.t === t && like(frame));
    await this.until(() => find() !== undefined, ms, `a frame "${t}"`);
    return find()!;
  }

  async until(done: () => boolean, ms: number, what: string): Promise<void> {
    if (done()) return;
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(timer);
        this.waiters.delete(check);
        if (error) reject(error);
        else resolve();
      };
      const check = (): void => {
        if (done()) settle();
        else if (this.isClosed) settle(new Error(`closed while waiting for ${what}; ${this.tail()}`));
      };
      const timer = setTimeout(() => settle(new Error(`no ${what} within ${ms} ms; ${this.tail()}`)), ms);
      this.waiters.add(check);
      check();
    });
  }

  private tail(): string {
    return `last output ${JSON.stringify(this.recent.slice(-300))}`;
  }

  private wake(): void {
    for (const waiter of this.waiters) waiter();
  }

  private output(bytes: Buffer): void {
    this.seq += bytes.length;
    this.bytes += bytes.length;
    if (this.collect) {
      this.hash.update(bytes);
      this.chunks.push(bytes);
      this.recent = (this.recent + bytes.toString()).slice(-KEEP);
    }
    if (this.acks && this.seq - this.acked >= ACK_EVERY) this.ack();
  }

  private control(frame: ControlFrame): void {
    this.frames.push(frame);
    if (frame.t === 'attached') {
      this.seq = this.acked = frame['seq'] as number;
      this.aid = frame['aid'] as string;
      this.epoch = frame['epoch'] as string;
    } else if (frame.t === 'gap') {
      this.gaps.push({ from: frame['from'] as number, to: frame['to'] as number });
      this.seq = this.acked = frame['to'] as number;
    } else if (frame.t === 'input') {
      this.accepted = frame['n'] as number;
    } else if (frame.t === 'replay-end') {
      this.send({ t: 'replayed', seq: this.seq });
    }
  }
}
