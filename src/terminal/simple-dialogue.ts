import { admit } from './admission.js';
import type { Attachment } from './attachment.js';
import { leftForGood, type Dialogue, type DialogueDeps, type Handshake } from './dialogue.js';
import { InputLimit } from './input-limit.js';
import { INPUT_WINDOW } from './limits.js';
import type { TerminalSession } from './session.js';
import type { Size } from './sizing.js';
import { visitorOf, type TicketClaims } from './ticket-store.js';
import type { SocketWire } from './wire/socket-wire.js';
import type { Wire } from './wire/wire.js';

/** What formats without a handshake of their own have in common: attach, hold early frames back, part. */
export abstract class SimpleDialogue<W extends SocketWire & Wire> implements Dialogue {
  protected session: TerminalSession | undefined;
  protected attachment: Attachment | undefined;
  /** Close code at a shutdown of the service. */
  protected readonly shutdownCode: number = 1012;
  private early: { data: Buffer; isBinary: boolean }[] = [];
  private earlyBytes = 0;
  private over = false;
  private readonly limit: InputLimit;

  constructor(
    protected readonly wire: W,
    protected readonly deps: DialogueDeps,
    protected readonly handshake: Handshake,
  ) {
    this.limit = new InputLimit(wire, deps.clock, deps.rateLimits);
  }

  message(data: Buffer, isBinary: boolean): void {
    if (this.over) return;
    this.limit.count(data.length);
    if (this.session && this.attachment) return this.received(data, isBinary);
    this.earlyBytes += data.length;
    // The socket is paused meanwhile; what was in the same packet is all that may come.
    if (this.earlyBytes > 2 * INPUT_WINDOW) return this.fail(1008, 'too much before the terminal was open');
    this.early.push({ data, isBinary });
  }

  closed(code: number): void {
    this.finish();
    if (this.attachment) this.session?.detach(this.attachment, leftForGood(code));
  }

  shutdown(): void {
    this.fail(this.shutdownCode, 'restarting');
  }

  /** A frame of a client that is attached. */
  protected abstract received(data: Buffer, isBinary: boolean): void;

  /** Attaches, or closes the socket with the code that says why not. */
  protected open(claims: TicketClaims, size: Size, replay: number): void {
    this.wire.pauseReading('opening');
    this.attach(claims, size, replay).catch(() => this.fail(1011, 'server fault'));
  }

  protected type(data: Buffer): void {
    if (!this.session || !this.attachment) return;
    for (let at = 0; at < data.length; at += INPUT_WINDOW) {
      this.session.write(this.attachment, data.subarray(at, at + INPUT_WINDOW));
    }
  }

  protected fail(code: number, reason: string): void {
    if (this.over) return;
    this.finish();
    this.wire.close(code, reason);
  }

  private async attach(claims: TicketClaims, size: Size, replay: number): Promise<void> {
    const admission = await admit(this.deps.registry, claims, size);
    if (this.over) return;
    if ('close' in admission) return this.fail(admission.close, admission.reason);
    this.session = admission.terminal.session;
    const visitor = visitorOf(claims, this.handshake.ip);
    this.attachment = this.session.attach(this.wire, { visitor, ...size, acks: false, replay });
    this.wire.resumeReading('opening');
    for (const { data, isBinary } of this.early.splice(0)) this.received(data, isBinary);
  }

  private finish(): void {
    this.over = true;
    this.limit.stop();
  }
}
