/**
 * Client of `wheelhouse.tty.v1`, for browsers and for Node 22 or newer: keeps one terminal attached, resumes at the exact
 * byte after a lost connection, acknowledges what was drawn, paces what is typed. Needs nothing but the standard WebSocket.
 */

/** What is needed of an emulator. Each call takes effect in the order of the calls. */
export interface TerminalScreen {
  /** `done` is called once the bytes are drawn; xterm.js's `write` fits as it is. */
  write(bytes: Uint8Array, done: () => void): void;
  /** Forgets screen and scrollback. */
  reset(): void;
  resize(cols: number, rows: number): void;
  /** The size that the page has room for. */
  size(): { cols: number; rows: number };
}

export interface TerminalUser {
  id: string;
  name: string;
}

export interface TerminalDriver {
  aid: string | null;
  user: TerminalUser | null;
  kind: 'owner' | 'instructor';
  /** Whether we may type. */
  writable: boolean;
  until?: string;
}

export interface TerminalPeer {
  aid: string;
  user: TerminalUser;
  kind: 'owner' | 'instructor';
  role: 'write' | 'view';
  driver: boolean;
  protocol: string;
  since: string;
}

export interface TerminalExit {
  code: number | null;
  signal: string | null;
  seq: number;
  reason: string;
  at: string;
}

/** `down` tries again by itself; `elsewhere`, `gone`, `exited` and `closed` are final. */
export type TerminalState = 'live' | 'down' | 'elsewhere' | 'gone' | 'exited' | 'closed';

export interface TerminalClientOptions {
  /**
   * The address of the socket with a fresh ticket, asked for at each attempt, as a ticket works once. Reject with an error
   * whose `status` is 404 or 410 when the terminal is gone; anything else is tried again, after its `retryAfter` seconds if
   * it has any.
   */
  url: () => Promise<string | URL>;
  screen: TerminalScreen;
  onState?: (state: TerminalState, exit: TerminalExit | null) => void;
  /** First frame of each attachment, as it came. */
  onAttached?: (frame: Record<string, unknown>) => void;
  onDriver?: (driver: TerminalDriver) => void;
  onPeers?: (peers: TerminalPeer[]) => void;
  onNotice?: (notice: { level: string; code: string; text: string }) => void;
  onError?: (error: { code: string; message: string; fatal: boolean }) => void;
  /** The connection broke with so many bytes of input that may not have arrived; they are never sent again. */
  onUnsent?: (bytes: number) => void;
  /** Name of the client, for the server's logs. */
  client?: string;
  /** In place of the global one. */
  WebSocket?: typeof WebSocket;
}

const PROTOCOL = 'wheelhouse.tty.v1';
const MAX_WAITING = 4 * 1024 * 1024;
const MAX_FRAME = 16 * 1024;
const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 8000;
/** A close of ours that means "I come back": the server keeps what we have not seen. */
const WILL_RESUME = 4000;
const OVER: Record<number, TerminalState> = {
  1000: 'closed',
  4403: 'elsewhere',
  4409: 'elsewhere',
  4404: 'gone',
  4410: 'gone',
};

const encoder = new TextEncoder();

/** Input on its way: never more than the window that the server has not accepted. */
export class InputWindow {
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  private sent = 0;
  private taken = 0;
  private open = false;
  private window = 0;

  constructor(private readonly send: (bytes: Uint8Array) => void) {}

  /** A new attachment counts from zero. */
  start(window: number): void {
    this.window = window;
    this.sent = this.taken = 0;
    this.open = true;
    this.pump();
  }

  /** Returns the bytes that may not have arrived. */
  stop(): number {
    const lost = this.sent - this.taken + this.waitingBytes;
    this.open = false;
    this.waiting = [];
    this.waitingBytes = this.sent = this.taken = 0;
    return lost;
  }

  /** Returns the bytes refused, because too much waits already. */
  push(bytes: Uint8Array): number {
    if (!this.open) return 0;
    if (this.waitingBytes + bytes.length > MAX_WAITING) return bytes.length;
    for (let at = 0; at < bytes.length; at += MAX_FRAME)
      this.waiting.push(bytes.subarray(at, at + MAX_FRAME));
    this.waitingBytes += bytes.length;
    this.pump();
    return 0;
  }

  /** The server's count of bytes that reached the command. */
  accepted(n: number, state: string): void {
    this.taken = n;
    if (state !== 'locked') this.pump();
  }

  private pump(): void {
    for (let next = this.waiting[0]; this.open && next; next = this.waiting[0]) {
      if (this.sent - this.taken + next.length > this.window) return;
      this.waiting.shift();
      this.waitingBytes -= next.length;
      this.sent += next.length;
      this.send(next);
    }
  }
}

/** Where the client is in the output, in bytes: what came, what was drawn, what was acknowledged. */
export class OutputOffsets {
  received = 0;
  private drawn = 0;
  private acked = 0;
  /** Bytes drawn late must not be counted after a jump of the offset. */
  private stretch = 0;

  jump(seq: number): void {
    this.stretch++;
    this.received = this.drawn = this.acked = seq;
  }

  /** The output goes on where it stopped; the server counts acknowledgements from there. */
  resume(seq: number): void {
    this.acked = seq;
  }

  /** To be called once the bytes are drawn; gives the offset to acknowledge, if one is due. */
  take(bytes: number): (every: number) => number | undefined {
    this.received += bytes;
    const { stretch } = this;
    return (every) => {
      if (stretch !== this.stretch) return undefined;
      this.drawn += bytes;
      if (this.drawn - this.acked < every) return undefined;
      return (this.acked = this.drawn);
    };
  }
}

/** Keeps one terminal attached until it ends, is taken elsewhere, or `close` is called. */
export class TerminalClient {
  private readonly offsets = new OutputOffsets();
  private readonly input = new InputWindow((bytes) => this.send(bytes));
  private socket: WebSocket | undefined;
  private stopped = false;
  private wake: () => void = () => undefined;
  private lose: () => void = () => undefined;
  private epoch = '';
  private aid = '';
  private ackEvery = 32_768;
  private replaying = false;
  private hidden = false;
  private attempt = 0;
  private retryAfterMs = 0;
  private exit: TerminalExit | null = null;

  constructor(private readonly o: TerminalClientOptions) {
    void this.run();
  }

  /** Attachment on the server; another with each connection. */
  get attachment(): string {
    return this.aid;
  }

  /**
   * Keys and pastes. Nothing is sent while history is drawn: questions in it must not be answered again. Returns the bytes
   * that were refused because too much waits already.
   */
  type(data: string | Uint8Array): number {
    if (this.replaying) return 0;
    return this.input.push(typeof data === 'string' ? encoder.encode(data) : data);
  }

  /** The page has another room for the terminal; the emulator follows when the server says so. */
  resized(): void {
    this.send({ t: 'resize', ...this.o.screen.size() });
  }

  /** A hidden page draws too slowly to set the pace of the shell. */
  setHidden(hidden: boolean): void {
    this.hidden = hidden;
    this.send({ t: hidden ? 'hide' : 'show' });
  }

  signal(name: 'INT' | 'QUIT' | 'TSTP' | 'CONT' | 'HUP' | 'TERM' | 'KILL'): void {
    this.send({ t: 'signal', sig: name });
  }

  /** Drive; for an instructor's ticket with that right, take over. */
  take(): void {
    this.send({ t: 'take' });
  }

  /** Gives a take-over back. */
  release(): void {
    this.send({ t: 'release' });
  }

  /** Tries again now, as when the browser says that the network is back. */
  retry(): void {
    this.wake();
  }

  /** The network is gone: a socket that is half dead would not notice for long. */
  drop(): void {
    this.socket?.close(WILL_RESUME);
    this.lose();
  }

  /** Leaves for good; the command goes on. */
  close(): void {
    this.stopped = true;
    this.wake();
    this.socket?.close(1000);
  }

  private send(frame: object): void {
    if (this.socket?.readyState !== 1) return;
    this.socket.send(
      frame instanceof Uint8Array ? (frame as Uint8Array<ArrayBuffer>) : JSON.stringify(frame),
    );
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const code = await this.once();
      if (this.stopped) return;
      const lost = this.input.stop();
      if (lost > 0 && !this.exit) this.o.onUnsent?.(lost);
      const over = OVER[code];
      if (over) return this.o.onState?.(this.exit ? 'exited' : over, this.exit);
      this.o.onState?.('down', null);
      await this.pause();
    }
  }

  /** One connection, from ticket to close; gives the close code, 0 when none came about. */
  private async once(): Promise<number> {
    let url: URL;
    try {
      url = new URL(await this.o.url(), globalThis.location?.href);
    } catch (error) {
      const { status, retryAfter } = (error ?? {}) as { status?: number; retryAfter?: number };
      this.retryAfterMs = (retryAfter ?? 0) * 1000;
      return status === 404 || status === 410 ? 4410 : 0;
    }
    if (this.stopped) return 1000;
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new (this.o.WebSocket ?? WebSocket)(url, PROTOCOL);
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    return new Promise((resolve) => {
      let ponged = performance.now();
      const pinger = setInterval(() => {
        if (performance.now() - ponged > PING_EVERY_MS + PONG_WITHIN_MS) this.drop();
        else this.send({ t: 'ping', id: Math.round(performance.now()) });
      }, PING_EVERY_MS);
      const over = (code: number): void => {
        clearInterval(pinger);
        if (this.socket === socket) this.socket = undefined;
        socket.onclose = socket.onmessage = null;
        resolve(code);
      };
      this.lose = () => over(0);
      socket.onclose = ({ code }) => over(code);
      socket.onopen = () => this.send(this.hello());
      socket.onmessage = ({ data }) => {
        if (typeof data !== 'string') return this.output(new Uint8Array(data as ArrayBuffer));
        const message = JSON.parse(data) as Record<string, any>;
        if (message['t'] === 'pong') ponged = performance.now();
        else this.message(message);
      };
    });
  }

  private hello(): object {
    const hello = { t: 'hello', v: 1, client: this.o.client ?? 'terminal-client', ...this.o.screen.size() };
    if (this.epoch === '') return hello;
    return { ...hello, resume: { epoch: this.epoch, seq: this.offsets.received, aid: this.aid } };
  }

  private output(bytes: Uint8Array): void {
    const drawn = this.offsets.take(bytes.length);
    this.o.screen.write(bytes, () => {
      const seq = drawn(this.ackEvery);
      if (seq !== undefined) this.send({ t: 'ack', seq });
    });
  }

  private message(message: Record<string, any>): void {
    const { o } = this;
    switch (message['t']) {
      case 'attached':
        return this.attached(message);
      case 'gap':
        return this.restart(message['to']);
      case 'size':
        return o.screen.resize(message['cols'], message['rows']);
      case 'input':
        return this.input.accepted(message['n'], message['state']);
      case 'replay-end':
        return o.screen.write(new Uint8Array(), () => {
          this.replaying = false;
          this.send({ t: 'replayed', seq: message['seq'] });
        });
      case 'driver':
        return o.onDriver?.(message as TerminalDriver);
      case 'peers':
        return o.onPeers?.(message['items']);
      case 'notice':
        return o.onNotice?.(message as never);
      case 'error':
        return o.onError?.(message as never);
      case 'drain':
        this.retryAfterMs = message['retryAfterMs'];
        return;
      case 'exit':
        this.exit = message as TerminalExit;
    }
  }

  private attached(frame: Record<string, any>): void {
    this.attempt = 0;
    this.aid = frame['aid'];
    this.ackEvery = frame['ackEvery'];
    if (frame['mode'] === 'delta' && frame['epoch'] === this.epoch) this.offsets.resume(frame['seq']);
    else this.restart(frame['seq']);
    this.epoch = frame['epoch'];
    this.replaying = frame['mode'] === 'replay';
    this.o.screen.resize(frame['cols'], frame['rows']);
    this.input.start(frame['inputWindow']);
    if (this.hidden) this.send({ t: 'hide' });
    this.o.onState?.('live', null);
    this.o.onAttached?.(frame);
  }

  /** What is on the screen does not belong to the output that comes. */
  private restart(seq: number): void {
    this.offsets.jump(seq);
    this.o.screen.reset();
  }

  /** Half a second doubling to fifteen, each drawn from the whole range; after a restart what the server asked for. */
  private pause(): Promise<void> {
    const ceiling = Math.min(15_000, 500 * 2 ** this.attempt++);
    const ms = this.retryAfterMs > 0 ? this.retryAfterMs * (0.5 + Math.random()) : Math.random() * ceiling;
    this.retryAfterMs = 0;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
