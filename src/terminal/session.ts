import { randomBytes } from 'node:crypto';
import type { Clock } from '../common/clock.js';
import { newSecretId } from '../common/ids.js';
import { positionFor, type ResumeRequest } from './attach-position.js';
import { Attachment } from './attachment.js';
import { Coalescer } from './coalescer.js';
import { shouldPause } from './flow-window.js';
import { InputDesk } from './input-desk.js';
import * as limits from './limits.js';
import type { Pty, PtyExit } from './pty/pty.js';
import { ReplayRing } from './replay-ring.js';
import { isReport } from './reports.js';
import { Throttle } from './throttle.js';
import type { ExitReason, TerminalExit, Wire } from './wire/wire.js';

export type SessionState = 'created' | 'running' | 'exited' | 'gone';

export interface Size {
  cols: number;
  rows: number;
}

export interface SessionOptions {
  id: string;
  name: string;
  size: Size;
  ringBytes: number;
  /** How long the command goes on without anybody attached. */
  graceMs: number;
  clock: Clock;
  /** Starts the command; rejects when there is no terminal to be had. */
  open(size: Size): Promise<Pty>;
  events: SessionEvents;
  /** Runs at the end of this turn; tests run it at once. */
  soon?: (run: () => void) => void;
}

export interface SessionEvents {
  started(epoch: string): void;
  /** The user sent a line. */
  enter(): void;
  activity(): void;
  attachments(count: number): void;
  exited(exit: TerminalExit): void;
  /** Nothing is kept any more. */
  gone(): void;
}

export interface AttachRequest extends Size {
  userId: string;
  /** The client acknowledges what it has drawn. */
  acks: boolean;
  /** Most bytes of history wanted. */
  replay: number;
  resume?: ResumeRequest | undefined;
}

/** One terminal: a PTY, its ring, and the sockets on it. It outlives the sockets and knows nothing of transports. */
export class TerminalSession {
  readonly id: string;
  readonly name: string;
  state: SessionState = 'created';
  epoch = '';
  size: Size;
  exit: TerminalExit | null = null;
  /** Wall time, ms, at which the command is ended unless somebody attaches. */
  detachedUntil: number | null = null;
  readonly attachments = new Set<Attachment>();
  readonly ring: ReplayRing;
  driver: Attachment | undefined;
  private pty: Pty | undefined;
  private desk: InputDesk | undefined;
  private starting: Promise<void> | undefined;
  private paused = false;
  private ghost: { acked: number; cancel: () => void } | undefined;
  private endReason: ExitReason | undefined;
  private wantedSize: Size | undefined;
  private readonly clock: Clock;
  private readonly coalescer: Coalescer;
  private readonly resizes: Throttle;
  private readonly enters: Throttle;
  private readonly activity: Throttle;
  private cancelGrace: (() => void) | undefined;
  private readonly timers: (() => void)[] = [];

  constructor(private readonly options: SessionOptions) {
    limits.assertConsistent(options.ringBytes);
    this.id = options.id;
    this.name = options.name;
    this.size = options.size;
    this.clock = options.clock;
    this.ring = new ReplayRing(options.ringBytes, options.size);
    this.coalescer = new Coalescer(this.clock, () => this.flush(), options.soon);
    this.resizes = new Throttle(this.clock, limits.RESIZE_MS, () => this.applySize());
    this.enters = new Throttle(this.clock, limits.ENTER_MS, () => options.events.enter());
    this.activity = new Throttle(this.clock, limits.ACTIVITY_MS, () => options.events.activity());
    this.timers.push(
      this.clock.after(limits.UNSTARTED_KEPT_MS, () => {
        if (this.state === 'created' && !this.starting) this.forget();
      }),
    );
  }

  /** Starts the command once; `size` is that of the first client, so that its first line is drawn right. */
  ensureStarted(size: Size = this.size): Promise<void> {
    this.starting ??= this.begin(clampSize(size));
    return this.starting;
  }

  /** The command must have been started. The first frame that goes out is `attached`. */
  attach(wire: Wire, request: AttachRequest): Attachment {
    this.replaceLost(request);
    const position = positionFor(this.ring, this.epoch, request);
    const at = this.ring.sizeAt(position.seq);
    const attachment = new Attachment(
      wire,
      {
        id: newSecretId('att'),
        userId: request.userId,
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
    const drives = this.driver === undefined && this.exit === null;
    wire.attached({
      tid: this.id,
      aid: attachment.id,
      epoch: this.epoch,
      seq: position.seq,
      head: this.ring.head,
      mode: position.mode,
      cols: at.cols,
      rows: at.rows,
      driver: drives,
      ring: this.options.ringBytes,
      graceSeconds: Math.round(this.options.graceMs / 1000),
      name: this.name,
    });
    if (position.missingFrom !== undefined) wire.gap(position.missingFrom, position.seq);
    this.attachments.add(attachment);
    this.cancelGrace?.();
    this.detachedUntil = null;
    if (drives) this.setDriver(attachment, attachment);
    this.options.events.attachments(this.attachments.size);
    this.advance(attachment);
    return attachment;
  }

  /** The socket of an attachment is gone. `left`: the user wanted to go, so nobody is waited for. */
  detach(attachment: Attachment, left: boolean): void {
    if (!this.attachments.delete(attachment)) return;
    attachment.stop();
    if (attachment.isDriver) this.passDriver(attachment, left);
    this.options.events.attachments(this.attachments.size);
    if (this.attachments.size === 0 && this.state === 'running') this.startGrace();
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
    const clamped = clampSize(size);
    attachment.declared = clamped;
    if (clamped.cols !== size.cols || clamped.rows !== size.rows) {
      attachment.wire.size(clamped.cols, clamped.rows, attachment.id);
    }
    if (attachment.isDriver) this.requestSize(clamped);
  }

  /** Returns the size as it will be applied. */
  requestSize(size: Size): Size {
    this.wantedSize = clampSize(size);
    this.resizes.request();
    return this.wantedSize;
  }

  take(attachment: Attachment): void {
    if (!attachment.isDriver && !this.exit) this.setDriver(attachment);
  }

  async signal(name: string): Promise<void> {
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
    pty.onData((bytes) => {
      this.ring.append(bytes);
      this.coalescer.output(bytes.length);
    });
    this.desk = new InputDesk(pty, this.attachments);
    pty.onExit((exit) => this.ended(exit));
    this.options.events.started(this.epoch);
    this.timers.push(this.clock.after(limits.LIFE_MS, () => void this.end('limit')));
    this.startGrace();
  }

  private flush(): void {
    for (const attachment of this.attachments) attachment.pump(this.ring);
    this.pace();
  }

  private advance(attachment: Attachment): void {
    attachment.pump(this.ring);
    if (this.exit) this.tellExit(attachment);
    else this.pace();
  }

  private pace(): void {
    if (!this.pty || this.exit) return;
    const pause = shouldPause(this.paused, {
      head: this.ring.head,
      ringBytes: this.options.ringBytes,
      driver: this.driver?.hidden === false ? this.driver : undefined,
      ghostAcked: this.ghost?.acked,
    });
    if (pause === this.paused) return;
    this.paused = pause;
    if (pause) this.pty.pause();
    else this.pty.resume();
  }

  /** `told` learns of it by other means. */
  private setDriver(next: Attachment | undefined, told?: Attachment): void {
    if (this.driver) this.driver.isDriver = false;
    this.driver = next;
    for (const other of this.attachments) {
      if (other !== told) other.wire.driver(next?.id ?? null, true);
    }
    if (!next) return;
    next.isDriver = true;
    this.ghost?.cancel();
    this.ghost = undefined;
    if (next.declared) this.requestSize(next.declared);
    this.pace();
  }

  private passDriver(lost: Attachment, left: boolean): void {
    const rest = [...this.attachments].toSorted((a, b) => b.lastInputAt - a.lastInputAt);
    this.setDriver(rest[0]);
    if (rest.length > 0 || left || !lost.acks || this.exit) return;
    // For a minute the output is kept for whoever comes back to where it stopped.
    const cancel = this.clock.after(limits.GHOST_MS, () => {
      this.ghost = undefined;
      this.pace();
    });
    this.ghost = { acked: lost.acked, cancel };
  }

  /** A client that resumes may be faster than the death of its old socket. */
  private replaceLost(request: AttachRequest): void {
    const old = [...this.attachments].find(
      (a) => a.id === request.resume?.aid && a.userId === request.userId,
    );
    if (!old) return;
    old.end(4409, 'replaced');
    this.detach(old, true);
  }

  private applySize(): void {
    const size = this.wantedSize;
    if (!size || !this.pty || this.exit) return;
    if (size.cols === this.size.cols && size.rows === this.size.rows) return;
    this.size = size;
    this.pty.resize(size.cols, size.rows);
    this.ring.mark(size.cols, size.rows);
    this.flush();
  }

  /** False: the frame is an emulator's answer that must not reach the command. */
  private noteInput(attachment: Attachment, bytes: Buffer): boolean {
    const now = this.clock.monotonic();
    if (isReport(bytes)) {
      const stale = !attachment.wire.confirmsReplay && now - attachment.replayEndedAt < 1000;
      return attachment.isDriver && attachment.caughtUp && !stale;
    }
    attachment.lastInputAt = now;
    if (!attachment.isDriver) this.setDriver(attachment);
    this.activity.request();
    if (bytes.includes(0x0d) || bytes.includes(0x0a)) this.enters.request();
    return true;
  }

  private ended(exit: PtyExit): void {
    this.state = 'exited';
    this.cancelGrace?.();
    this.ghost?.cancel();
    this.ghost = undefined;
    for (const throttle of [this.resizes, this.enters, this.activity]) throttle.stop();
    const reason = this.endReason ?? 'exited';
    this.exit = { ...exit, seq: this.ring.head, reason, at: new Date(this.clock.now()).toISOString() };
    this.options.events.exited(this.exit);
    this.coalescer.flush();
    for (const attachment of this.attachments) this.tellExit(attachment);
    this.timers.push(
      this.clock.after(limits.EXIT_DELIVERY_MS, () => this.dropAll(4408, 'stalled')),
      this.clock.after(limits.EXITED_KEPT_MS, () => this.forget()),
    );
  }

  /** Always behind the last byte, so only once the attachment has been sent all there is. */
  private tellExit(attachment: Attachment): void {
    if (!this.exit || attachment.closed || attachment.cursor < this.ring.head) return;
    attachment.flushNote();
    attachment.stop();
    attachment.wire.exit(this.exit);
  }

  private startGrace(): void {
    if (this.attachments.size > 0) return;
    this.detachedUntil = this.clock.now() + this.options.graceMs;
    this.cancelGrace?.();
    this.cancelGrace = this.clock.after(this.options.graceMs, () => {
      if (this.attachments.size === 0) void this.end('idle');
    });
  }

  private forget(): void {
    if (this.state === 'gone') return;
    this.state = 'gone';
    this.dropAll(4410, 'gone');
    this.cancelGrace?.();
    for (const cancel of this.timers) cancel();
    this.options.events.gone();
  }
}

function clampSize(size: Size): Size {
  return { cols: limits.clamp(size.cols, limits.COLS), rows: limits.clamp(size.rows, limits.ROWS) };
}
