import type { DialogueDeps, Handshake } from './dialogue.js';
import { DEFAULT_REPLAY, HELLO_MS, MAX_JSON } from './limits.js';
import { SimpleDialogue } from './simple-dialogue.js';
import type { Size } from './sizing.js';
import type { TicketClaims } from './ticket-store.js';
import { readSize } from './wire/read-size.js';
import type { TtydWire } from './wire/ttyd.js';

const [INPUT, RESIZE, PAUSE, RESUME] = [0x30, 0x31, 0x32, 0x33];

/** ttyd as its page speaks it: a JSON object with the token first, then letters. Text and binary frames are alike. */
export class TtydDialogue extends SimpleDialogue<TtydWire> {
  // Its page reconnects at once and for ever after any other code.
  protected override readonly shutdownCode = 1000;
  private asked = false;
  private readonly cancelHello: () => void;

  constructor(wire: TtydWire, deps: DialogueDeps, handshake: Handshake) {
    super(wire, deps, handshake);
    this.cancelHello = deps.clock.after(HELLO_MS, () => this.fail(1008, 'no token in time'));
  }

  override message(data: Buffer, isBinary: boolean): void {
    if (this.asked) return super.message(data, isBinary);
    this.asked = true;
    this.cancelHello();
    this.first(data).catch(() => this.fail(1011, 'server fault'));
  }

  override closed(code: number): void {
    this.cancelHello();
    super.closed(code);
  }

  protected received(data: Buffer): void {
    const { session, attachment } = this;
    if (!session || !attachment) return;
    const letter = data[0];
    const rest = data.subarray(1);
    if (letter === INPUT) this.type(rest);
    else if (letter === RESIZE) {
      const size = readSize(rest, 'columns', 'rows');
      if (size) session.resize(attachment, size);
    } else if (letter === PAUSE || letter === RESUME) session.setPeerPaused(attachment, letter === PAUSE);
  }

  private async first(data: Buffer): Promise<void> {
    this.wire.pauseReading('opening');
    const claims = await this.claims(data);
    if (!claims) return this.fail(1008, 'ticket');
    if (claims.terminalId !== this.handshake.terminalId) return this.fail(1008, 'ticket of another terminal');
    const size: Size = readSize(data, 'columns', 'rows') ?? { cols: 80, rows: 24 };
    this.open(claims, size, DEFAULT_REPLAY);
  }

  /** A ticket in the address, as its page hands on its own query, makes the token of the frame unneeded. */
  private async claims(data: Buffer): Promise<TicketClaims | undefined> {
    if (this.handshake.claims) return this.handshake.claims;
    const ticket = token(data);
    const claims = ticket === undefined ? undefined : await this.deps.tickets.redeem(ticket);
    if (!claims || !this.handshake.fits(claims)) return undefined;
    this.handshake.authenticated();
    return claims;
  }
}

function token(data: Buffer): string | undefined {
  if (data.length > MAX_JSON) return undefined;
  try {
    const value = JSON.parse(data.toString('utf8')) as { AuthToken?: unknown } | null;
    return typeof value?.AuthToken === 'string' ? value.AuthToken.slice(0, 256) : undefined;
  } catch {
    return undefined;
  }
}
