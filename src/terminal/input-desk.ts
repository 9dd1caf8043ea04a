import type { Attachment } from './attachment.js';
import { InputLedger } from './input-ledger.js';
import type { Pty, PtyInputEvent } from './pty/pty.js';

/** Takes input of all attachments of one terminal to its PTY, in the order of arrival, and tells what became of it. */
export class InputDesk {
  private readonly ledger = new InputLedger();

  constructor(
    private readonly pty: Pty,
    private readonly attachments: ReadonlySet<Attachment>,
  ) {
    pty.onInput?.((event) => this.told(event));
  }

  write(from: Attachment, bytes: Buffer): void {
    if (from.held.length === 0 && this.queue(from, bytes)) return;
    if (from.wire.holdsInput) {
      from.held.push(bytes);
      from.wire.pauseReading();
    } else {
      from.wire.error('input_overflow', 'The terminal takes no more input now; send it again later.');
    }
  }

  private queue(from: Attachment, bytes: Buffer): boolean {
    // Before the write: the PTY may accept, and say so, while it is being written to.
    this.ledger.queued(from, bytes.length);
    if (this.pty.write(bytes)) {
      if (!this.pty.onInput) this.ledger.accepted(bytes.length);
      return true;
    }
    this.ledger.refused();
    return false;
  }

  private told(event: PtyInputEvent): void {
    if (event.kind === 'accepted') {
      this.ledger.accepted(event.bytes);
    } else {
      const why = 'The command read nothing for 30 s; the waiting input was discarded.';
      for (const loser of this.ledger.lost()) loser.wire.error('input_stalled', why);
    }
    for (const attachment of this.attachments) this.release(attachment);
  }

  private release(attachment: Attachment): void {
    for (let next = attachment.held.shift(); next; next = attachment.held.shift()) {
      if (!this.queue(attachment, next)) {
        attachment.held.unshift(next);
        return;
      }
      if (attachment.held.length === 0) attachment.wire.resumeReading();
    }
  }
}
