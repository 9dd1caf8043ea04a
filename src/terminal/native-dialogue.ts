import { admit } from './admission.js';
import type { Attachment } from './attachment.js';
import { leftForGood, type Dialogue, type DialogueDeps, type Handshake } from './dialogue.js';
import { InputLimit } from './input-limit.js';
import { CONTROL_RATE, DEFAULT_REPLAY, HELLO_MS, INPUT_WINDOW, PING_RATE } from './limits.js';
import type { TakeVerdict } from './driver-seat.js';
import type { TerminalSession } from './session.js';
import { visitorOf, type TicketClaims } from './ticket-store.js';
import { TokenBucket } from './token-bucket.js';
import { parseText, type Control, type Hello } from './wire/native-messages.js';
import type { NativeWire } from './wire/native.js';

const BAD_MESSAGES = 10;
/** Refused control frames after which the socket is closed. */
const RATE_STRIKES = 100;

/** Why a take-over is refused, for people. */
export const REFUSED_TAKE: Record<Exclude<TakeVerdict, 'ok'>, string> = {
  forbidden: 'Your ticket does not let you take this terminal over.',
  taken_over: 'Somebody else has taken this terminal over.',
  learner_not_informable: 'The learner is not there to be told, so the terminal cannot be taken over.',
};

/** `wheelhouse.tty.v1` as the server hears it: one hello, then input and control frames. */
export class NativeDialogue implements Dialogue {
  private session: TerminalSession | undefined;
  private attachment: Attachment | undefined;
  private state: 'hello' | 'opening' | 'attached' | 'over' = 'hello';
  private early: { data: Buffer; isBinary: boolean }[] = [];
  private bad = 0;
  private strikes = 0;
  private readonly controls: TokenBucket;
  private readonly pings: TokenBucket;
  private readonly input: InputLimit;
  private readonly cancelHello: () => void;

  constructor(
    private readonly wire: NativeWire,
    private readonly deps: DialogueDeps,
    private readonly handshake: Handshake,
  ) {
    this.controls = new TokenBucket(deps.clock, CONTROL_RATE, CONTROL_RATE);
    this.pings = new TokenBucket(deps.clock, PING_RATE, PING_RATE);
    this.input = new InputLimit(wire, deps.clock, deps.rateLimits);
    this.cancelHello = deps.clock.after(HELLO_MS, () => this.fail(4400, 'no hello in time'));
  }

  message(data: Buffer, isBinary: boolean): void {
    if (this.state === 'over') return;
    // Frames of the same packet as the hello arrive although the socket is paused.
    if (this.state === 'opening') this.early.push({ data, isBinary });
    else if (isBinary) this.bytes(data);
    else this.text(data);
  }

  closed(code: number): void {
    this.finish();
    if (this.attachment) this.session?.detach(this.attachment, leftForGood(code));
  }

  shutdown(): void {
    this.wire.drain(1000);
    this.fail(1012, 'restarting');
  }

  private bytes(data: Buffer): void {
    if (!this.session || !this.attachment) return this.fail(4400, 'binary before hello');
    this.input.count(data.length);
    if (data.length > INPUT_WINDOW) {
      this.wire.error('input_too_big', `An input frame has at most ${INPUT_WINDOW} bytes; it was dropped.`);
      return;
    }
    this.session.write(this.attachment, data);
  }

  private text(data: Buffer): void {
    const parsed = parseText(data);
    if (parsed.kind === 'violation') return this.fail(4400, parsed.message);
    if (parsed.kind === 'hello') {
      if (this.state !== 'hello') return this.fail(4400, 'second hello');
      this.hello(parsed.hello).catch(() => this.fail(1011, 'server fault'));
      return;
    }
    if (!this.attachment) return this.fail(4400, 'hello must be first');
    if (parsed.kind === 'control') return this.control(parsed.control, this.attachment);
    this.bad++;
    this.wire.error(parsed.code, parsed.message, this.bad >= BAD_MESSAGES);
    if (this.bad >= BAD_MESSAGES) this.fail(4400, 'too many bad messages');
  }

  private async hello(hello: Hello): Promise<void> {
    this.state = 'opening';
    this.cancelHello();
    this.wire.pauseReading('opening');
    const claims = await this.claims(hello.ticket);
    if (!claims) return this.fail(4401, 'ticket');
    const admission = await admit(this.deps.registry, claims, hello);
    if (this.state !== 'opening') return;
    if ('close' in admission) return this.fail(admission.close, admission.reason);
    this.session = admission.terminal.session;
    this.state = 'attached';
    this.attachment = this.session.attach(this.wire, {
      visitor: visitorOf(claims, this.handshake.ip),
      cols: hello.cols,
      rows: hello.rows,
      acks: hello.fc,
      replay: hello.replay ?? DEFAULT_REPLAY,
      resume: hello.resume,
    });
    this.wire.resumeReading('opening');
    for (const { data, isBinary } of this.early.splice(0)) this.message(data, isBinary);
  }

  private async claims(ticket: string | undefined): Promise<TicketClaims | undefined> {
    if (this.handshake.claims) return this.handshake.claims;
    const claims = ticket === undefined ? undefined : await this.deps.tickets.redeem(ticket);
    if (!claims || !this.handshake.fits(claims)) return undefined;
    this.handshake.authenticated();
    return claims;
  }

  private control(control: Control, attachment: Attachment): void {
    const session = this.session;
    if (!session || (control.t !== 'ack' && !this.allowed(control))) return;
    switch (control.t) {
      case 'ack':
        if (!session.acked(attachment, control.seq)) this.fail(4400, 'ack above the cursor');
        return;
      case 'replayed':
        return attachment.replayed();
      case 'resize':
        return session.resize(attachment, control);
      case 'signal':
        void session.signal(control.sig, attachment);
        return;
      case 'take':
        return this.take(session, attachment);
      case 'release':
        if (!session.seat.release(attachment)) this.wire.error('forbidden', 'You have not taken it over.');
        return;
      case 'detach':
        session.detach(attachment, true);
        return this.fail(1000, 'detached');
      case 'hide':
      case 'show':
        return session.setHidden(attachment, control.t === 'hide');
      case 'ping':
        return this.wire.pong(control.id);
    }
  }

  private take(session: TerminalSession, attachment: Attachment): void {
    const verdict = session.take(attachment);
    if (verdict !== 'ok') this.wire.error(verdict, REFUSED_TAKE[verdict]);
  }

  private allowed(control: Control): boolean {
    if (!this.deps.rateLimits) return true;
    if (control.t === 'ping' && !this.pings.take()) {
      this.fail(1008, 'too many pings');
      return false;
    }
    if (this.controls.take()) return true;
    this.strikes++;
    if (this.strikes >= RATE_STRIKES) this.fail(4429, 'rate');
    else this.wire.error('rate', `More than ${CONTROL_RATE} control frames a second; this one was dropped.`);
    return false;
  }

  private fail(code: number, reason: string): void {
    if (this.state === 'over') return;
    this.finish();
    this.wire.close(code, reason);
  }

  private finish(): void {
    this.state = 'over';
    this.cancelHello();
    this.input.stop();
  }
}
