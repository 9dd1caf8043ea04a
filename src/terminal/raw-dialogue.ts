import { admit } from './admission.js';
import type { Attachment } from './attachment.js';
import { leftForGood, type Dialogue, type DialogueDeps, type Handshake } from './dialogue.js';
import { InputLimit } from './input-limit.js';
import { DEFAULT_REPLAY, INPUT_WINDOW } from './limits.js';
import type { TerminalSession } from './session.js';
import type { RawWire } from './wire/raw.js';

/** Raw clients are attached at once; all that they send is input. */
export class RawDialogue implements Dialogue {
  private session: TerminalSession | undefined;
  private attachment: Attachment | undefined;
  private early: Buffer[] = [];
  private over = false;
  private readonly limit: InputLimit;

  constructor(
    private readonly wire: RawWire,
    private readonly deps: DialogueDeps,
    handshake: Handshake,
  ) {
    this.limit = new InputLimit(wire, deps.clock, deps.rateLimits);
    wire.pauseReading('opening');
    this.open(handshake).catch(() => wire.close(1011, 'server fault'));
  }

  message(data: Buffer): void {
    this.limit.count(data.length);
    if (!this.session || !this.attachment) {
      this.early.push(data);
      return;
    }
    for (let at = 0; at < data.length; at += INPUT_WINDOW) {
      this.session.write(this.attachment, data.subarray(at, at + INPUT_WINDOW));
    }
  }

  closed(code: number): void {
    this.over = true;
    this.limit.stop();
    if (this.attachment) this.session?.detach(this.attachment, leftForGood(code));
  }

  shutdown(): void {
    this.wire.close(1012, 'restarting');
  }

  private async open(handshake: Handshake): Promise<void> {
    const { cols, rows, claims } = handshake;
    if (!claims) return this.wire.close(4401, 'ticket');
    const admission = await admit(this.deps.registry, claims, { cols, rows });
    if (this.over) return;
    if ('close' in admission) return this.wire.close(admission.close, admission.reason);
    this.session = admission.terminal.session;
    this.attachment = this.session.attach(this.wire, {
      userId: claims.userId,
      cols,
      rows,
      acks: false,
      replay: DEFAULT_REPLAY,
    });
    this.wire.resumeReading('opening');
    for (const data of this.early.splice(0)) this.message(data);
  }
}
