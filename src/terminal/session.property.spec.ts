import * as fc from 'fast-check';
import { lag } from './flow-window.js';
import { CHUNK, GHOST_RESERVE, HIGH_WATER, LOW_WATER } from './limits.js';
import { INSTRUCTOR, LEARNER, SessionRig, type Client } from './session-rig.js';

const RING = 512 * 1024;
/** What the terminal prints: byte i depends on i alone, with a line feed now and then. */
const PATTERN = Buffer.from(Uint8Array.from({ length: 8 << 20 }, (_, i) => (i * 31 + (i >> 8)) & 0xff));

type Action =
  | { do: 'print'; bytes: number }
  | { do: 'ack'; who: number; share: number }
  | { do: 'drain'; who: number; frames: number }
  | {
      do: 'hide' | 'show' | 'type' | 'leave' | 'resume' | 'take' | 'release' | 'pause' | 'unpause';
      who: number;
    }
  | { do: 'watch' }
  | { do: 'attach'; acks: boolean }
  | { do: 'wait'; ms: number }
  | { do: 'keep-up' };

const who = fc.nat(5);
const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('print' as const), bytes: fc.integer({ min: 1, max: 150_000 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('ack' as const),
      who,
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('drain' as const), who, frames: fc.integer({ min: 1, max: 8 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'hide' as const,
        'show' as const,
        'type' as const,
        'leave' as const,
        'resume' as const,
        'take' as const,
        'release' as const,
        'pause' as const,
        'unpause' as const,
      ),
      who,
    }),
  },
  { weight: 6, arbitrary: fc.constant({ do: 'keep-up' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'watch' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('attach' as const), acks: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 30_000 }) }),
  },
);

/** The session beside a model of who drives and what a ghost holds back. */
class World {
  readonly rig = new SessionRig({ ringBytes: RING });
  readonly clients: Client[] = [];
  readonly gone: Client[] = [];
  printed = 0;
  /** Head at the moment in which the present driver became one, or became visible again. */
  private drivenFrom = 0;
  private lastDriver: unknown;
  private gapsSeen = 0;

  async start(): Promise<void> {
    await this.rig.session.ensureStarted();
    this.attach(true);
    this.attach(true);
  }

  attach(acks: boolean, from?: Client): void {
    if (this.clients.length >= 6) return;
    const resume = from && { epoch: this.rig.session.epoch, seq: from.wire.seq, aid: from.attachment.id };
    const visitor = from?.attachment.visitor ?? LEARNER;
    this.clients.push(this.rig.attach({ acks, resume, visitor }));
  }

  /** An instructor, who may take over. */
  watch(): void {
    if (this.clients.length < 6) this.clients.push(this.rig.attach({ visitor: INSTRUCTOR }));
  }

  act(action: Action): void {
    const { session, pty, clock } = this.rig;
    if (action.do === 'print') {
      const from = this.printed;
      this.printed = Math.min(PATTERN.length, from + action.bytes);
      // As the kernel hands it over: some kilobytes at a time.
      for (let at = from; at < this.printed; at += 4095) {
        pty.emit(PATTERN.subarray(at, Math.min(at + 4095, this.printed)));
        this.check();
      }
      clock.advance(5);
    } else if (action.do === 'wait') clock.advance(action.ms);
    else if (action.do === 'attach') this.attach(action.acks);
    else if (action.do === 'watch') this.watch();
    else if (action.do === 'keep-up') this.keepUp();
    else if (action.do === 'resume') {
      const old = this.gone.pop();
      if (old) this.attach(old.attachment.acks, old);
    } else {
      const client = this.clients[action.who % Math.max(1, this.clients.length)];
      if (!client) return;
      const { attachment, wire } = client;
      if (action.do === 'ack') {
        const now = Math.floor(wire.undeclared * action.share);
        wire.undeclared -= now;
        if (attachment.acks) expect(session.acked(attachment, wire.seq - wire.undeclared)).toBe(true);
      } else if (action.do === 'drain') wire.drain(action.frames);
      else if (action.do === 'type') {
        attachment.replayed();
        session.write(attachment, Buffer.from('x'));
      } else if (action.do === 'leave') {
        session.detach(attachment, false);
        this.clients.splice(this.clients.indexOf(client), 1);
        this.gone.push(client);
      } else if (action.do === 'take') session.take(attachment);
      else if (action.do === 'release') session.seat.release(attachment);
      else if (action.do === 'pause' || action.do === 'unpause') {
        session.setPeerPaused(attachment, action.do === 'pause');
      } else session.setHidden(attachment, action.do === 'hide');
    }
    this.dropClosed();
  }

  /** A reader that stalled for two minutes was closed by the session. */
  private dropClosed(): void {
    for (const client of this.clients.filter((c) => c.wire.closed)) {
      this.clients.splice(this.clients.indexOf(client), 1);
    }
  }

  /** The driver draws all that it has; without it, little would be printed. */
  private keepUp(): void {
    const driver = this.clients.find((c) => c.attachment === this.rig.session.driver);
    if (driver) this.rig.settle(driver);
  }

  get gaps(): number {
    return [...this.clients, ...this.gone].reduce((sum, { wire }) => sum + wire.gaps.length, 0);
  }

  check(): void {
    const { session, pty } = this.rig;
    const driver = session.driver;
    const visible = driver && !driver.hidden ? driver : undefined;
    if (this.lastDriver !== visible) {
      this.lastDriver = visible;
      this.drivenFrom = session.ring.head;
      this.gapsSeen = this.gapsOf(visible);
    }
    if (visible) {
      const behind = lag(visible, session.ring.head);
      // Whoever comes to drive may bring a lag along; while it drives, the lag does not grow beyond the window.
      const allowed = Math.max(HIGH_WATER, behind - (session.ring.head - this.drivenFrom));
      expect(behind).toBeLessThanOrEqual(allowed + 128 * 1024);
      // Looked at with each flush, so one chunk and one read later at most.
      if (behind >= HIGH_WATER + CHUNK + 8192) expect(pty.paused).toBe(true);
      if (this.gapsOf(visible) > this.gapsSeen) {
        const gap = this.clients.find((c) => c.attachment === visible)?.wire.gaps.at(-1);
        expect(gap!.to).toBeLessThanOrEqual(this.drivenFrom + GHOST_RESERVE);
        this.gapsSeen = this.gapsOf(visible);
      }
    }
    if (pty.paused) {
      const driverIsSlow = visible !== undefined && lag(visible, session.ring.head) > LOW_WATER;
      const ghostMayHold = driver === undefined && session.ring.head >= RING - GHOST_RESERVE;
      expect(driverIsSlow || ghostMayHold).toBe(true);
    }
    for (const { wire } of [...this.clients, ...this.gone]) {
      for (const { at, bytes } of wire.chunks.splice(0)) {
        expect(bytes.equals(PATTERN.subarray(at, at + bytes.length))).toBe(true);
      }
    }
  }

  /** Everybody reads on: all must reach the end, and nothing may keep the terminal paused. */
  finish(): void {
    const { session, pty, clock } = this.rig;
    // A ghost holds the terminal back for a minute, also while somebody only watches.
    if (!session.driver) clock.advance(60_000);
    this.dropClosed();
    for (const { attachment } of this.clients) {
      session.setHidden(attachment, false);
      session.setPeerPaused(attachment, false);
    }
    for (let i = 0; i < 200; i++) {
      for (const client of this.clients) this.rig.settle(client);
      clock.advance(5);
      this.check();
    }
    expect(pty.paused).toBe(false);
    expect(session.ring.head).toBe(this.printed);
    for (const { wire } of this.clients) expect(wire.seq).toBe(this.printed);
    pty.exit({ code: 3, signal: null });
    for (const { wire } of this.clients) expect(wire.exited).toMatchObject({ code: 3, seq: this.printed });
  }

  private gapsOf(attachment: unknown): number {
    return this.clients.find((c) => c.attachment === attachment)?.wire.gaps.length ?? 0;
  }
}

describe('flow control, whatever the clients do', () => {
  it('brings every byte in order, pauses with a cause alone, and never gets stuck', async () => {
    let gaps = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(actions, { minLength: 1, maxLength: 80, size: 'max' }), async (list) => {
        const world = new World();
        await world.start();
        for (const action of list) {
          world.act(action);
          world.check();
        }
        world.finish();
        gaps += world.gaps;
      }),
      { numRuns: 100 },
    );
    // Else the runs were too tame to prove anything.
    expect(gaps).toBeGreaterThan(10);
  });
});
