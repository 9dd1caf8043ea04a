import { randomBytes } from 'node:crypto';
import type { Clock } from '../common/clock.js';
import { newSecretId } from '../common/ids.js';
import { peersOf } from './peers.js';
import { positionFor } from './attach-position.js';
import { Attachment } from './attachment.js';
import { Coalescer } from './coalescer.js';
import { DriverSeat, type TakeVerdict } from './driver-seat.js';
import { shouldPause } from './flow-window.js';
import { InputDesk } from './input-desk.js';
import { Lifetime } from './lifetime.js';
import * as limits from './limits.js';
import type { Pty, PtyExit } from './pty/pty.js';
import type { Recorder } from './recording/recorder.js';
import { ReplayRing } from './replay-ring.js';
import { isReport } from './reports.js';
import type { AttachRequest, SessionOptions } from './session-options.js';
import { clampSize, Sizing, type Size } from './sizing.js';
import { Throttle } from './throttle.js';
import type { ExitReason, TerminalExit, Wire } from './wire/wire.js';

export type SessionState = 'created' | 'running' | 'exited' | 'gone';

/** One terminal: a PTY, its ring, and the sockets on it. It outlives the sockets and knows nothing of transports. */
export class TerminalSession {
  readonly id: string;
  readonly name: string;
  state: SessionState = 'created';
  epoch = '';
  size: Size;
  exit: TerminalExit | null = null;
  readonly attachments = new Set<Attachment>();
  readonly ring: ReplayRing;
  readonly seat: DriverSeat;
  recorder: Recorder | undefined;
  private readonly sizing: Sizing;
  private pty: Pty | undefined;
  private desk: InputDesk | undefined;
  private starting: Promise<void> | undefined;
  private paused = false;
  private endReason: ExitReason | undefined;
  private readonly clock: Clock;
  private readonly coalescer: Coalescer;
  private readonly enters: Throttle;
  private readonly activity: Throttle;
  private readonly lifetime: Lifetime;

  constructor(private readonly options: SessionOptions) {
    limits.assertConsistent(options.ringBytes);
    const { clock, events } = options;
    this.id = options.id;
    this.name = options.name;
    this.size = options.size;
    this.clock = clock;
    this.ring = new ReplayRing(options.ringBytes, options.size);
    this.coalescer = new Coalescer(clock, () => this.flush(), options.soon);
    this.sizing = new Sizing(options.sizePolicy ?? 'driver', clock, (size) => this.applySize(size));
    this.seat = new DriverSeat({
      clock,
      attachments: this.attachments,
      informable: () => this.someoneIsInformed() || events.learnerListens(),
      changed: () => this.driverChanged(),
      takeover: (change) => {
        this.recorder?.marker(change.what === 'started' ? 'driver:instructor' : 'driver:owner');
        events.takeover(change);
      },
    });
    this.enters = new Throttle(clock, limits.ENTER_MS, () => events.enter());
    this.activity = new Throttle(clock, limits.ACTIVITY_MS, () => events.activity());
    this.lifetime = new Lifetime(clock, options.graceMs, {
      end: (reason) => void this.end(reason),
      forget: () => (this.starting === undefined || this.exit ? this.forget() : undefined),
      giveUp: () => this.dropAll(4408, 'stalled'),
    });
  }

  /** Whether what it prints is written to a file, or will be once it starts. */
  get recording(): boolean {
    return this.recorder?.recording ?? (this.state === 'created' && this.options.recorder !== undefined);
  }

  get detachedUntil(): number | null {
    return this.lifetime.detachedUntil;
  }

  get driver(): Attachment | undefined {
    return this.seat.driver;
  }

  /** Starts the command once; `size` is that of the first client, so that its first line is drawn right. */
  ensureStarted(size: Size = this.size): Promise<void> {
    this.starting ??= this.begin(this.sizing.policy === 'fixed' ? this.size : clampSize(size));
    return this.starting;
  }

  /** The command must have been started. The first frame that goes out is `attached`. */
  attach(wire: Wire, request: AttachRequest): Attachment {
    const { visitor, resume } = request;
    const old = this.retire(request);
    const position = positionFor(this.ring, this.epoch, request);
    const at = this.ring.sizeAt(position.seq);
    const attachment = new Attachment(
      wire,
      {
        id: newSecretId('att'),
        visitor,
        acks: request.acks,
        cursor: position.seq,
        mark: at.number,
        ...(position.mode === 'replay' ? { replayEnd: this.ring.head } : {}),
      },
      this.clock,
      {
        sent: (a) => this.advance(a),
        stalled: (a) => this.drop(a, 4408, 'stalled'),
      },
    );
    attachment.declared = clampSize(request);
    // Whoever comes with a smaller right does not inherit the seat.
    const inherits = old?.isDriver === true && old.visitor.role === visitor.role;
    const drives = !this.exit && (inherits || this.seat.waitsFor(visitor, resume?.aid));
    wire.attached({
      tid: this.id,
      aid: attachment.id,
      epoch: this.epoch,
      seq: position.seq,
      head: this.ring.head,
      mode: position.mode,
      cols: at.cols,
      rows: at.rows,
      role: visitor.role,
      writable: drives || this.seat.writable(attachment),
      driver: drives,
      ring: this.options.ringBytes,
      graceSeconds: Math.round(this.options.graceMs / 1000),
      recording: this.recording,
      name: this.name,
    });
    if (position.missingFrom !== undefined) wire.gap(position.missingFrom, position.seq);
    if (this.attachments.size === 0 && this.ring.head > 0) this.recorder?.marker('reattached');
    this.attachments.add(attachment);
    this.lifetime.accompanied();
    if (drives) this.seat.seat(attachment, attachment);
    else if (this.seat.takenOver) wire.driver(this.seat.info(attachment));
    if (old) this.parted(old, true);
    this.sizing.reconsider(this.attachments);
    this.tellPeers();
    this.options.events.joined(attachment);
    this.advance(attachment);
    return attachment;
  }

  /** The socket of an attachment is gone. `left`: the user wanted to go, so nobody is waited for. */
  detach(attachment: Attachment, left: boolean): void {
    if (!this.attachments.delete(attachment)) return;
    attachment.stop();
    this.parted(attachment, left);
    this.tellPeers();
    if (this.attachments.size === 0 && this.state === 'running') {
      this.recorder?.marker('detached');
      this.lifetime.alone();
    }
    this.pace();
  }

  /** False: the client acknowledged bytes that it was never sent. */
  acked(attachment: Attachment, seq: number): boolean {
    if (!attachment.ack(seq)) return false;
    this.advance(attachment);
    return true;
  }

  setHidden(attachment: Attachment, hidden: boolean): void {
    attachment.hidden = hidden;
    this.advance(attachment);
  }

  setPeerPaused(attachment: Attachment, paused: boolean): void {
    attachment.setPeerPaused(paused);
    this.advance(attachment);
  }

  write(attachment: Attachment, bytes: Buffer): void {
    if (!this.pty || this.exit || bytes.length === 0) return;
    if (attachment.locked) {
      attachment.wire.error('locked', 'The replay is not confirmed yet; the input was dropped.');
      return;
    }
    if (!this.noteInput(attachment, bytes)) return;
    this.coalescer.input();
    this.desk?.write(attachment, bytes);
  }

  resize(attachment: Attachment, size: Size): void {
    const { role, takeover } = attachment.visitor;
    if (role === 'view' && !takeover) return this.refuse(attachment);
    const clamped = clampSize(size);
    attachment.declared = clamped;
    if (clamped.cols !== size.cols || clamped.rows !== size.rows) {
      attachment.wire.size(clamped.cols, clamped.rows, attachment.id);
    }
    if (this.exit) return;
    if (attachment.isDriver) this.sizing.driven(attachment);
    this.sizing.reconsider(this.attachments);
  }

  /** Returns the size as it will be applied. */
  requestSize(size: Size): Size {
    const clamped = clampSize(size);
    this.sizing.request(clamped);
    return this.sizing.policy === 'fixed' ? this.size : clamped;
  }

  take(attachment: Attachment): TakeVerdict {
    return this.exit ? 'ok' : this.seat.take(attachment);
  }

  /** From an attachment, or from the owner by other means. */
  async signal(name: string, from?: Attachment): Promise<void> {
    if (from && !this.seat.writable(from)) return this.refuse(from);
    if (from) this.options.events.signalled(from, name);
    await this.pty?.signal(name);
  }

  /** Ends the command, or forgets a terminal that has none. Resolves when the command is gone. */
  async end(reason: ExitReason): Promise<void> {
    this.endReason ??= reason;
    // A start under way ends here, as soon as there is something to end.
    if (this.starting) await this.starting.catch(() => undefined);
    if (this.pty && !this.exit) await this.pty.kill();
    else if (!this.pty) this.forget();
  }

  /** Closes an attachment from this side; the command goes on. */
  drop(attachment: Attachment, code: number, reason: string): void {
    attachment.end(code, reason);
    this.detach(attachment, true);
  }

  dropAll(code: number, reason: string): void {
    for (const attachment of this.attachments) this.drop(attachment, code, reason);
  }

  notice(level: 'info' | 'warn', code: string, text: string): void {
    for (const { wire } of this.attachments) wire.notice(level, code, text);
  }

  private parted(attachment: Attachment, left: boolean): void {
    this.seat.left(attachment, left || this.exit !== null);
    if (!this.exit) this.sizing.reconsider(this.attachments);
    this.options.events.left(attachment);
  }

  private async begin(size: Size): Promise<void> {
    if (this.endReason) throw new Error('the terminal was ended before it started');
    let pty: Pty;
    try {
      pty = await this.options.open(size);
    } catch (error) {
      this.starting = undefined;
      throw error;
    }
    this.pty = pty;
    this.epoch = randomBytes(8).toString('hex');
    this.state = 'running';
    this.size = size;
    this.ring.mark(size.cols, size.rows);
    this.recorder = this.options.recorder?.(this);
    pty.onData((bytes) => {
      this.ring.append(bytes);
      this.coalescer.output(bytes.length);
    });
    this.desk = new InputDesk(pty, this.attachments);
    pty.onExit((exit) => this.ended(exit));
    this.options.events.started(this.epoch);
    this.lifetime.started();
  }

  private flush(): void {
    for (const attachment of this.attachments) attachment.pump(this.ring);
    this.recorder?.pump();
    this.pace();
  }

  private advance(attachment: Attachment): void {
    attachment.pump(this.ring);
    if (this.exit) this.tellExit(attachment);
    else this.pace();
  }

  /** Pauses or resumes the PTY; also for the recorder, once it has written. */
  pace(): void {
    if (!this.pty || this.exit) return;
    const pause = shouldPause(this.paused, {
      head: this.ring.head,
      ringBytes: this.options.ringBytes,
      driver: this.driver?.hidden === false ? this.driver : undefined,
      ghostAcked: this.driver ? undefined : this.seat.ghost?.acked,
      recorderLag: this.recorder?.lag ?? 0,
    });
    if (pause === this.paused) return;
    this.paused = pause;
    if (pause) this.pty.pause();
    else this.pty.resume();
  }

  private driverChanged(): void {
    this.sizing.driven(this.driver);
    this.pace();
  }

  /** Who is attached is never a secret to the owner. */
  private tellPeers(): void {
    const items = peersOf(this.attachments);
    for (const { visitor, wire } of this.attachments) if (visitor.kind === 'owner') wire.peers(items);
  }

  private someoneIsInformed(): boolean {
    return [...this.attachments].some(({ visitor, wire }) => visitor.kind === 'owner' && wire.informs);
  }

  /** A client that resumes may be faster than the death of its old socket. The caller parts from it. */
  private retire(request: AttachRequest): Attachment | undefined {
    const old = [...this.attachments].find(
      (a) => a.id === request.resume?.aid && a.visitor.user.id === request.visitor.user.id,
    );
    if (!old) return undefined;
    old.end(4409, 'replaced');
    this.attachments.delete(old);
    return old;
  }

  private applySize(size: Size): void {
    if (!this.pty || this.exit) return;
    if (size.cols === this.size.cols && size.rows === this.size.rows) return;
    this.size = size;
    this.pty.resize(size.cols, size.rows);
    this.ring.mark(size.cols, size.rows);
    this.flush();
  }

  /** False: the bytes must not reach the command. */
  private noteInput(attachment: Attachment, bytes: Buffer): boolean {
    const now = this.clock.monotonic();
    if (isReport(bytes)) {
      const stale = !attachment.wire.confirmsReplay && now - attachment.replayEndedAt < 1000;
      return attachment.isDriver && attachment.caughtUp && !stale;
    }
    const verdict = this.seat.typed(attachment);
    if (verdict !== 'ok') {
      this.refuse(attachment);
      return false;
    }
    attachment.lastInputAt = now;
    this.activity.request();
    if (bytes.includes(0x0d) || bytes.includes(0x0a)) this.enters.request();
    return true;
  }

  private refuse(attachment: Attachment): void {
    if (attachment.visitor.role === 'write') {
      attachment.wire.error('taken_over', 'An instructor drives this terminal; what you type is not sent.');
    } else if (!attachment.refuse()) this.drop(attachment, 1008, 'read only');
  }

  private ended(exit: PtyExit): void {
    this.state = 'exited';
    for (const part of [this.sizing, this.enters, this.activity]) part.stop();
    const reason = this.endReason ?? 'exited';
    this.exit = { ...exit, seq: this.ring.head, reason, at: new Date(this.clock.now()).toISOString() };
    this.seat.close();
    this.options.events.exited(this.exit);
    this.coalescer.flush();
    this.recorder?.end(this.exit);
    for (const attachment of this.attachments) this.tellExit(attachment);
    this.lifetime.exited();
  }

  /** Always behind the last byte, so only once the attachment has been sent all there is. */
  private tellExit(attachment: Attachment): void {
    if (!this.exit || attachment.closed || attachment.cursor < this.ring.head) return;
    attachment.flushNote();
    attachment.stop();
    attachment.wire.exit(this.exit);
  }

  private forget(): void {
    if (this.state === 'gone') return;
    this.state = 'gone';
    this.dropAll(4410, 'gone');
    this.lifetime.stop();
    this.options.events.gone();
  }
}
