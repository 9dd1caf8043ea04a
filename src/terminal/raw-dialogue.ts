import type { DialogueDeps, Handshake } from './dialogue.js';
import { DEFAULT_REPLAY } from './limits.js';
import { SimpleDialogue } from './simple-dialogue.js';
import type { RawWire } from './wire/raw.js';

/** Raw clients are attached at once; all that they send is input. */
export class RawDialogue extends SimpleDialogue<RawWire> {
  constructor(wire: RawWire, deps: DialogueDeps, handshake: Handshake) {
    super(wire, deps, handshake);
    const { cols, rows, claims } = handshake;
    if (claims) this.open(claims, { cols, rows }, DEFAULT_REPLAY);
    else this.fail(4401, 'ticket');
  }

  protected received(data: Buffer): void {
    this.type(data);
  }
}
