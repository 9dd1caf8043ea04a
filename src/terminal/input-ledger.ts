import type { Attachment } from './attachment.js';

/** Whose input waits in a terminal's queue, in order: what the kernel accepts is told to those who sent it. */
export class InputLedger {
  private owed: { from: Attachment; bytes: number }[] = [];

  queued(from: Attachment, bytes: number): void {
    this.owed.push({ from, bytes });
    from.inputQueued(bytes);
  }

  /** The queue refused the last piece. */
  refused(): void {
    const last = this.owed.pop();
    if (last) last.from.inputQueued(-last.bytes);
  }

  accepted(bytes: number): void {
    let left = bytes;
    for (let head = this.owed[0]; head && left > 0; head = this.owed[0]) {
      const part = Math.min(left, head.bytes);
      left -= part;
      head.bytes -= part;
      head.from.inputAccepted(part);
      if (head.bytes === 0) this.owed.shift();
    }
  }

  /** All that waited was thrown away; returns who lost something. */
  lost(): Set<Attachment> {
    const losers = new Set(this.owed.map((entry) => entry.from));
    this.owed = [];
    for (const loser of losers) loser.inputLost();
    return losers;
  }
}
