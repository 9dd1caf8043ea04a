import { SessionRig } from './session-rig.js';
import { FakeWire } from './wire/fake-wire.js';

async function running(options?: ConstructorParameters<typeof SessionRig>[0]): Promise<SessionRig> {
  const rig = new SessionRig(options);
  await rig.session.ensureStarted();
  return rig;
}

describe('attaching', () => {
  it('is fresh before the first byte, and the first client drives', async () => {
    const rig = await running();
    const { wire } = rig.attach({ cols: 100, rows: 30 });
    expect(wire.info).toMatchObject({ mode: 'fresh', seq: 0, driver: true });
    expect(rig.pty.sizes).toEqual([{ cols: 100, rows: 30 }]);
    expect(wire.sizes.at(-1)).toMatchObject({ at: 0, cols: 100, rows: 30 });
  });

  it('starts the command once, in the size of the first client', async () => {
    const opened: unknown[] = [];
    const rig: SessionRig = new SessionRig({
      open: (size) => {
        opened.push(size);
        return Promise.resolve(rig.pty);
      },
    });
    await Promise.all([
      rig.session.ensureStarted({ cols: 5000, rows: 30 }),
      rig.session.ensureStarted({ cols: 90, rows: 20 }),
    ]);
    expect(opened).toEqual([{ cols: 1000, rows: 30 }]);
  });

  it('replays history from a line on, with the sizes at their places, and locks input until it is eaten', async () => {
    const rig = await running();
    const first = rig.attach();
    rig.pty.emit('one\ntwo\n');
    rig.session.resize(first.attachment, { cols: 120, rows: 40 });
    rig.clock.advance(100);
    rig.pty.emit('three\n');
    rig.clock.advance(10);
    const second = rig.attach({ replay: 1000 });
    expect(second.wire.info).toMatchObject({ mode: 'replay', seq: 0, cols: 80, rows: 24, driver: false });
    expect(second.wire.received.toString()).toBe('one\ntwo\nthree\n');
    expect(second.wire.sizes).toEqual([{ at: 8, cols: 120, rows: 40 }]);
    expect(second.wire.replayEndedAt).toBe(14);
    rig.session.write(second.attachment, Buffer.from('early'));
    expect(second.wire.errors).toEqual(['locked']);
    second.attachment.replayed();
    rig.session.write(second.attachment, Buffer.from('x'));
    expect(Buffer.concat(rig.pty.written).toString()).toBe('x');
  });

  it('resumes with exactly the missing bytes', async () => {
    const rig = await running();
    const first = rig.attach();
    rig.pty.emit('abcdef');
    rig.session.detach(first.attachment, false);
    rig.pty.emit('ghi');
    rig.clock.advance(10);
    const { wire } = rig.attach({ resume: { epoch: rig.session.epoch, seq: 4 } });
    expect(wire.info).toMatchObject({ mode: 'delta', seq: 4, head: 9 });
    expect(wire.received.toString()).toBe('efghi');
    expect(wire.replayEndedAt).toBeUndefined();
  });

  it('tells the missing range when the ring has passed the client, and replays for a foreign epoch', async () => {
    const rig = await running();
    for (let i = 0; i < 40; i++) rig.pty.emit(Buffer.alloc(64 * 1024, 'x\n'));
    const { wire } = rig.attach({ resume: { epoch: rig.session.epoch, seq: 100 } });
    expect(wire.info).toMatchObject({ mode: 'replay' });
    expect(wire.gaps).toEqual([{ from: 100, to: wire.info!.seq }]);
    const other = rig.attach({ resume: { epoch: '00', seq: 100 } });
    expect(other.wire.info).toMatchObject({ mode: 'replay' });
    expect(other.wire.gaps).toEqual([]);
  });
});

describe('flow control', () => {
  it('pauses the command for a driver that does not acknowledge, and resumes it at the low mark', async () => {
    const rig = await running();
    const { wire, attachment } = rig.attach();
    for (let i = 0; i < 6; i++) rig.pty.emit(Buffer.alloc(64 * 1024));
    expect(rig.pty.paused).toBe(true);
    expect(wire.seq).toBe(256 * 1024);
    wire.drain();
    rig.session.acked(attachment, 128 * 1024);
    expect(rig.pty.paused).toBe(true);
    rig.session.acked(attachment, 250 * 1024);
    expect(rig.pty.paused).toBe(false);
  });

  it('never lets a second reader slow the command; it gets one gap when it moves again', async () => {
    const rig = await running();
    const driver = rig.attach();
    const viewer = rig.attach();
    for (let i = 0; i < 100; i++) {
      rig.pty.emit(Buffer.alloc(64 * 1024, 'x\n'));
      rig.settle(driver);
    }
    expect(driver.wire.seq).toBe(100 * 64 * 1024);
    expect(driver.wire.gaps).toEqual([]);
    expect(viewer.wire.gaps).toEqual([]);
    rig.settle(viewer);
    expect(viewer.wire.gaps).toHaveLength(1);
    expect(viewer.wire.seq).toBe(100 * 64 * 1024);
  });

  it('runs free for a hidden tab, which goes on behind a gap', async () => {
    const rig = await running();
    const client = rig.attach();
    rig.session.setHidden(client.attachment, true);
    for (let i = 0; i < 40; i++) rig.pty.emit(Buffer.alloc(64 * 1024, 'x\n'));
    expect(rig.pty.paused).toBe(false);
    rig.session.setHidden(client.attachment, false);
    rig.settle(client);
    expect(client.wire.gaps).toHaveLength(1);
    expect(client.wire.seq).toBe(rig.session.ring.head);
  });

  it('keeps a minute of output for a driver whose socket was lost, then runs free', async () => {
    const rig = await running();
    const { attachment } = rig.attach();
    rig.session.detach(attachment, false);
    for (let i = 0; i < 20; i++) rig.pty.emit(Buffer.alloc(64 * 1024));
    expect(rig.pty.paused).toBe(true);
    const held = rig.session.ring.head;
    expect(held).toBeLessThanOrEqual(1024 * 1024);
    rig.clock.advance(60_000);
    expect(rig.pty.paused).toBe(false);
    expect(rig.session.ring.head).toBe(20 * 64 * 1024);
  });

  it('waits for a recorder that is behind by half a mebibyte, and for no other reason than that', async () => {
    let lag = 0;
    const recorder = {
      recording: true,
      pump: () => undefined,
      marker: () => undefined,
      end: () => undefined,
    };
    const rig = await running({
      recorder: () => Object.defineProperty({ ...recorder, lag: 0 }, 'lag', { get: () => lag }),
    });
    const client = rig.attach();
    expect(client.wire.info).toMatchObject({ recording: true });
    lag = 511 * 1024;
    rig.session.pace();
    expect(rig.pty.paused).toBe(false);
    lag = 512 * 1024;
    rig.session.pace();
    expect(rig.pty.paused).toBe(true);
    lag = 65 * 1024;
    rig.session.pace();
    expect(rig.pty.paused).toBe(true);
    lag = 64 * 1024;
    rig.session.pace();
    expect(rig.pty.paused).toBe(false);
  });

  it('does not wait for a driver that left on purpose', async () => {
    const rig = await running();
    const { attachment } = rig.attach();
    rig.session.detach(attachment, true);
    for (let i = 0; i < 20; i++) rig.pty.emit(Buffer.alloc(64 * 1024));
    expect(rig.pty.paused).toBe(false);
  });

  it('closes a reader that acknowledged nothing for two minutes, and the command goes on', async () => {
    const rig = await running();
    const { wire } = rig.attach();
    for (let i = 0; i < 8; i++) rig.pty.emit(Buffer.alloc(64 * 1024));
    rig.clock.advance(119_000);
    expect(wire.closed).toBeUndefined();
    rig.clock.advance(2000);
    expect(wire.closed?.code).toBe(4408);
    expect(rig.pty.paused).toBe(false);
  });
});

describe('input', () => {
  it('makes its sender the driver, in the size it declared; reports of others are dropped', async () => {
    const rig = await running();
    const first = rig.attach({ cols: 100, rows: 30 });
    const second = rig.attach({ cols: 60, rows: 20 });
    rig.session.write(second.attachment, Buffer.from('\x1b[0n'));
    expect(rig.session.driver).toBe(first.attachment);
    expect(rig.pty.written).toEqual([]);
    rig.clock.advance(100);
    rig.session.write(second.attachment, Buffer.from('l'));
    expect(rig.session.driver).toBe(second.attachment);
    expect(rig.pty.sizes.at(-1)).toEqual({ cols: 60, rows: 20 });
    rig.session.detach(second.attachment, false);
    expect(rig.session.driver).toBe(first.attachment);
  });

  it('tells of lines at once, then at most every 300 ms, and never forgets the last', async () => {
    const rig = await running();
    const { attachment } = rig.attach();
    for (let i = 0; i < 10; i++) rig.session.write(attachment, Buffer.from('ls\r'));
    expect(rig.told.filter((what) => what === 'enter')).toHaveLength(1);
    rig.clock.advance(300);
    expect(rig.told.filter((what) => what === 'enter')).toHaveLength(2);
    rig.clock.advance(5000);
    expect(rig.told.filter((what) => what === 'enter')).toHaveLength(2);
    rig.session.write(attachment, Buffer.from('x'));
    expect(rig.told.filter((what) => what === 'enter')).toHaveLength(2);
    expect(rig.told.filter((what) => what === 'activity')).toHaveLength(1);
  });

  it('is counted back to whoever sent it', async () => {
    const rig = await running();
    const { wire, attachment } = rig.attach();
    rig.session.write(attachment, Buffer.from('abc'));
    rig.session.write(attachment, Buffer.from('de'));
    rig.clock.advance(20);
    expect(wire.inputs).toEqual([{ n: 5, state: 'open' }]);
  });

  it('that does not fit is refused, or waits with the socket paused where it cannot be', async () => {
    const rig = await running();
    const refused = rig.attach();
    const held = rig.attach({}, new FakeWire(true));
    let full = true;
    const write = rig.pty.write.bind(rig.pty);
    rig.pty.write = (bytes) => !full && write(bytes);
    rig.session.write(refused.attachment, Buffer.from('a'));
    expect(refused.wire.errors).toEqual(['input_overflow']);
    rig.session.write(held.attachment, Buffer.from('b'));
    rig.session.write(held.attachment, Buffer.from('c'));
    expect(held.wire).toMatchObject({ errors: [], readingPaused: true });
    full = false;
    rig.session.write(refused.attachment, Buffer.from('d'));
    expect(Buffer.concat(rig.pty.written).toString()).toBe('dbc');
    expect(held.wire.readingPaused).toBe(false);
  });
});

describe('sizes', () => {
  it('come at most every 50 ms, the last one wins, and equal ones are not applied', async () => {
    const rig = await running();
    const { attachment } = rig.attach();
    for (let cols = 81; cols <= 100; cols++) rig.session.resize(attachment, { cols, rows: 24 });
    rig.clock.advance(500);
    expect(rig.pty.sizes.length).toBeLessThanOrEqual(2);
    expect(rig.pty.sizes.at(-1)).toEqual({ cols: 100, rows: 24 });
    const applied = rig.pty.sizes.length;
    rig.session.resize(attachment, { cols: 100, rows: 24 });
    rig.clock.advance(500);
    expect(rig.pty.sizes).toHaveLength(applied);
  });
});

describe('the end', () => {
  it('comes to each client behind its last byte', async () => {
    const rig = await running();
    const fast = rig.attach();
    const slow = rig.attach();
    rig.pty.emit(Buffer.alloc(300_000, 'x\n'));
    rig.pty.exit({ code: 7, signal: null });
    rig.settle(fast);
    expect(fast.wire.exited).toMatchObject({ code: 7, seq: 300_000, reason: 'exited' });
    expect(slow.wire.exited).toBeUndefined();
    rig.settle(slow);
    expect(slow.wire).toMatchObject({ seq: 300_000, exited: { code: 7 } });
  });

  it('is told to whoever attaches within five minutes, then all is forgotten', async () => {
    const rig = await running();
    rig.pty.emit('bye');
    rig.pty.exit({ code: 0, signal: null });
    const { wire } = rig.attach();
    expect(wire.received.toString()).toBe('bye');
    expect(wire.exited).toMatchObject({ code: 0 });
    rig.clock.advance(300_000);
    expect(rig.told.at(-1)).toBe('gone');
  });

  it('comes ten minutes after the last client left, and not while one is there', async () => {
    const rig = await running();
    const { attachment } = rig.attach();
    rig.clock.advance(700_000);
    expect(rig.pty.killed).toBe(false);
    rig.session.detach(attachment, false);
    rig.clock.advance(599_000);
    expect(rig.pty.killed).toBe(false);
    rig.clock.advance(2000);
    await Promise.resolve();
    await Promise.resolve();
    expect(rig.session.exit).toMatchObject({ reason: 'idle' });
  });

  it('of a terminal that nobody ever opened comes after a minute', () => {
    const rig = new SessionRig();
    rig.clock.advance(60_000);
    expect(rig.session.state).toBe('gone');
  });

  it('waits for a start that is under way', async () => {
    const rig = new SessionRig();
    const start = rig.session.ensureStarted();
    await rig.session.end('sandbox_ended');
    await start;
    expect(rig.pty.killed).toBe(true);
    expect(rig.session.exit).toMatchObject({ reason: 'sandbox_ended' });
  });
});
