import type { DialogueDeps, Handshake } from './dialogue.js';
import { DEFAULT_REPLAY } from './limits.js';
import { SimpleDialogue } from './simple-dialogue.js';
import type { AlisWire } from './wire/alis.js';

/** Players of asciinema listen; what they might say is ignored. */
export class AlisDialogue extends SimpleDialogue<AlisWire> {
  constructor(wire: AlisWire, deps: DialogueDeps, handshake: Handshake) {
    super(wire, deps, handshake);
    const { cols, rows, claims } = handshake;
    if (claims) this.open(claims, { cols, rows }, DEFAULT_REPLAY);
    else this.fail(4401, 'ticket');
  }

  protected received(): void {
    // The format has no words for clients.
  }
}
