import type { DialogueDeps, Handshake } from './dialogue.js';
import { SimpleDialogue } from './simple-dialogue.js';
import { CLOSE_CHANNEL, RESIZE, STDIN, type ChannelWire } from './wire/channel.js';
import { readSize } from './wire/read-size.js';

/** Kubernetes exec from the server's side: input and sizes, each behind the number of its channel. */
export class ChannelDialogue extends SimpleDialogue<ChannelWire> {
  private stdinOpen = true;

  constructor(wire: ChannelWire, deps: DialogueDeps, handshake: Handshake) {
    super(wire, deps, handshake);
    const { cols, rows, claims } = handshake;
    // Clients of this protocol start a command; they do not expect a history.
    if (claims) this.open(claims, { cols, rows }, 0);
    else this.fail(4401, 'ticket');
  }

  protected received(data: Buffer, isBinary: boolean): void {
    if (!isBinary) return this.fail(1008, 'binary frames only');
    const channel = data[0];
    if (channel === STDIN && this.stdinOpen) this.type(data.subarray(1));
    else if (channel === RESIZE) this.resize(data.subarray(1));
    else if (channel === CLOSE_CHANNEL && this.wire.protocol === 'v5.channel.k8s.io') this.closeChannel(data);
  }

  private closeChannel(data: Buffer): void {
    if (data.length !== 2) return this.fail(1008, 'a close frame has two bytes');
    // A terminal's input does not end before the terminal does.
    if (data[1] === STDIN) this.stdinOpen = false;
  }

  private resize(payload: Buffer): void {
    const size = readSize(payload, 'width', 'height');
    if (size && this.session && this.attachment) this.session.resize(this.attachment, size);
  }
}
