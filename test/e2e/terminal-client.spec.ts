import { createHash } from 'node:crypto';
import path from 'node:path';
import { WebSocket as NodeSocket } from 'ws';
import { startTtyServer, type LocalTtyServer, type OpenTerminal } from '../../bench/tty-server.js';
import { ROOT } from '../../src/config/root.js';
import { InputWindow, OutputOffsets, TerminalClient, type TerminalState } from '../../web/terminal-client.js';

describe('the input window', () => {
  it('never has more on its way than the server allows, and loses none of it', () => {
    const sent: Uint8Array[] = [];
    const total = () => sent.reduce((sum, bytes) => sum + bytes.length, 0);
    const input = new InputWindow((bytes: Uint8Array) => sent.push(bytes));
    input.start(65536);
    const paste = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
    expect(input.push(paste)).toBe(0);
    let accepted = 0;
    while (accepted < paste.length) {
      expect(total() - accepted).toBeLessThanOrEqual(65536);
      expect(total()).toBeGreaterThan(accepted);
      input.accepted((accepted = total()), 'open');
    }
    expect(Buffer.concat(sent).equals(Buffer.from(paste))).toBe(true);
  });

  it('says how much may be lost when the connection breaks, and never sends it again', () => {
    const sent: Uint8Array[] = [];
    const input = new InputWindow((bytes: Uint8Array) => sent.push(bytes));
    input.start(10);
    input.push(Buffer.from('0123456'));
    input.accepted(3, 'open');
    input.push(Buffer.from('abcdefghij'));
    expect(input.stop()).toBe(4 + 10);
    input.push(Buffer.from('typed while down'));
    input.start(10);
    expect(sent.map(String)).toEqual([String(Buffer.from('0123456'))]);
  });

  it('refuses what does not fit into its memory instead of growing', () => {
    const input = new InputWindow(() => undefined);
    input.start(65536);
    expect(input.push(new Uint8Array(4_000_000))).toBe(0);
    expect(input.push(new Uint8Array(500_000))).toBe(500_000);
  });
});

describe('the offsets', () => {
  it('acknowledges what was drawn, and not what was drawn before a jump', () => {
    const offsets = new OutputOffsets();
    offsets.jump(1000);
    const early = offsets.take(40);
    const late = offsets.take(60);
    expect(offsets.received).toBe(1100);
    expect(early(50)).toBeUndefined();
    expect(late(50)).toBe(1100);
    const stale = offsets.take(500);
    offsets.jump(9000);
    expect(stale(50)).toBeUndefined();
    expect(offsets.take(50)(50)).toBe(9050);
  });
});

describe('the published client', () => {
  let server: LocalTtyServer;
  const open: TerminalClient[] = [];

  beforeAll(async () => {
    server = await startTtyServer();
  });

  afterEach(() => {
    for (const client of open.splice(0)) client.close();
  });

  afterAll(() => server.close());

  /** The client on a screen that only collects, with `ws` in place of the browser's socket. */
  function attach(terminal: OpenTerminal, more: { url?: () => Promise<string>; claims?: object } = {}) {
    const chunks: Buffer[] = [];
    const states: TerminalState[] = [];
    const sockets: NodeSocket[] = [];
    const waiters = new Set<() => void>();
    const wake = () => waiters.forEach((waiter) => waiter());
    class Socket extends NodeSocket {
      constructor(url: URL, protocol: string) {
        super(url, protocol);
        sockets.push(this);
      }
    }
    let resets = 0;
    const drivers: { writable: boolean; kind: string }[] = [];
    const client = new TerminalClient({
      url: more.url ?? (() => terminal.url(more.claims)),
      WebSocket: Socket as never,
      screen: {
        write: (bytes, done) => {
          chunks.push(Buffer.from(bytes));
          setImmediate(done);
          wake();
        },
        reset: () => resets++,
        resize: () => undefined,
        size: () => ({ cols: 90, rows: 25 }),
      },
      onState: (state) => {
        states.push(state);
        wake();
      },
      onDriver: (driver) => {
        drivers.push(driver);
        wake();
      },
    });
    open.push(client);
    const until = (done: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const look = () => {
          if (!done()) return;
          waiters.delete(look);
          resolve();
        };
        waiters.add(look);
        look();
      });
    return {
      client,
      states,
      sockets,
      drivers,
      until,
      text: () => Buffer.concat(chunks).toString(),
      bytes: () => Buffer.concat(chunks),
      resets: () => resets,
    };
  }

  it('needs nothing but a WebSocket: types, draws, follows its size and hears the exit', async () => {
    const shell = attach(server.open());
    await shell.until(() => shell.text().endsWith('$ '));
    shell.client.type('stty size; exit 3\r');
    await shell.until(() => shell.states.at(-1) === 'exited');
    expect(shell.text()).toContain('25 90');
    expect(shell.states).toEqual(['live', 'exited']);
  });

  it('rebuilds seq 1 400000 identically through random disconnects', async () => {
    const wanted = Array.from({ length: 400_000 }, (_, i) => `${i + 1}\r\n`).join('');
    const shell = attach(server.open({ argv: ['/usr/bin/seq', '1', '400000'] }));
    let drops = 0;
    const timer = setInterval(() => {
      const socket = shell.sockets.at(-1);
      if (socket?.readyState !== NodeSocket.OPEN) return;
      drops++;
      socket.terminate();
    }, 60);
    await shell.until(() => shell.states.at(-1) === 'exited');
    clearInterval(timer);
    expect(drops).toBeGreaterThan(0);
    const hash = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
    expect(hash(shell.bytes())).toBe(hash(wanted));
    expect(shell.resets()).toBe(1);
  }, 60_000);

  it('pastes a mebibyte whole', async () => {
    const size = 1024 * 1024;
    const argv = ['/bin/sh', '-c', `stty raw -echo; echo ready; head -c ${size} | sha256sum`];
    const shell = attach(server.open({ argv }));
    await shell.until(() => shell.text().includes('ready'));
    const paste = Uint8Array.from({ length: size }, (_, i) => (i * 7) & 0xff);
    expect(shell.client.type(paste)).toBe(0);
    const sum = createHash('sha256').update(paste).digest('hex');
    await shell.until(() => shell.text().includes(sum));
  });

  it('says where it went: taken by another of its attachments, gone, or gone before', async () => {
    const terminal = server.open();
    const first = attach(terminal);
    await first.until(() => first.text().endsWith('$ '));
    const peer = [...terminal.session.attachments][0]!;
    terminal.session.drop(peer, 4409, 'replaced');
    await first.until(() => first.states.at(-1) === 'elsewhere');
    const gone = attach(terminal, {
      url: () => Promise.reject(Object.assign(new Error('gone'), { status: 410 })),
    });
    await gone.until(() => gone.states.at(-1) === 'gone');
    expect(gone.states).toEqual(['gone']);
  });

  it('of a hidden page slows nobody, and goes on behind a gap on an empty screen', async () => {
    const terminal = server.open({ argv: ['/bin/sh', '-c', 'stty -echo; read x; seq 1 600000; read x'] });
    const shell = attach(terminal);
    await shell.until(() => shell.states.includes('live'));
    shell.client.setHidden(true);
    shell.client.type('\r');
    while (terminal.session.ring.head < 4_500_000) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(shell.bytes().length).toBeLessThan(100_000);
    const resets = shell.resets();
    shell.client.setHidden(false);
    await shell.until(() => shell.text().endsWith('600000\r\n'));
    expect(shell.resets()).toBe(resets + 1);
    shell.client.type('\r');
    await shell.until(() => shell.states.at(-1) === 'exited');
  });

  it('takes over and gives back', async () => {
    const terminal = server.open();
    const learner = attach(terminal);
    await learner.until(() => learner.text().endsWith('$ '));
    const claims = { userId: 'usr_d', userName: 'R. Diaz', kind: 'instructor', role: 'view', takeover: true };
    const teacher = attach(terminal, { claims });
    await teacher.until(() => teacher.states.includes('live'));
    teacher.client.take();
    await learner.until(() => learner.drivers.at(-1)?.writable === false);
    teacher.client.release();
    await learner.until(() => learner.drivers.at(-1)?.writable === true);
  });

  it('tries again when no ticket is to be had', async () => {
    const terminal = server.open();
    let asked = 0;
    const shell = attach(terminal, {
      url: () => (++asked === 1 ? Promise.reject(new Error('offline')) : terminal.url()),
    });
    await shell.until(() => shell.text().endsWith('$ '));
    expect(shell.states).toEqual(['down', 'live']);
  });
});

describe('the player of recordings', () => {
  it('reads what there is, cuts silences short and stops at a torn line', async () => {
    const { parseCast } = (await import(path.join(ROOT, 'web/js/cast.js'))) as {
      parseCast: (text: string) => { duration: number; events: { at: number }[]; cols: number };
    };
    const head = '{"version":3,"term":{"cols":90,"rows":20},"title":"t"}';
    const cast = parseCast([head, '[0.5, "o", "a"]', '# x', '[600, "m", "b"]', '[1, "o", "to'].join('\n'));
    expect(cast).toMatchObject({ cols: 90, duration: 2500 });
    expect(cast.events.map(({ at }) => at)).toEqual([500, 2500]);
  });
});
