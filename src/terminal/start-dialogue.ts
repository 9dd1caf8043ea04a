import { AlisDialogue } from './alis-dialogue.js';
import { ChannelDialogue } from './channel-dialogue.js';
import type { Dialogue, DialogueDeps, Handshake } from './dialogue.js';
import { NativeDialogue } from './native-dialogue.js';
import { RawDialogue } from './raw-dialogue.js';
import { TtydDialogue } from './ttyd-dialogue.js';
import type { TtyProtocol } from './upgrade-gate.js';
import { AlisWire } from './wire/alis.js';
import { ChannelWire } from './wire/channel.js';
import { NativeWire } from './wire/native.js';
import { RawWire } from './wire/raw.js';
import type { TtySocket } from './wire/socket-wire.js';
import { TtydWire } from './wire/ttyd.js';

/** The two halves of one format, joined: the wire speaks, the dialogue listens. */
export function startDialogue(
  protocol: TtyProtocol,
  socket: TtySocket,
  deps: DialogueDeps,
  handshake: Handshake,
): Dialogue {
  const { clock } = deps;
  switch (protocol) {
    case 'raw':
      return new RawDialogue(new RawWire(socket, clock), deps, handshake);
    case 'wheelhouse.tty.v1':
      return new NativeDialogue(new NativeWire(socket, clock), deps, handshake);
    case 'tty':
      return new TtydDialogue(new TtydWire(socket, clock), deps, handshake);
    case 'v1.alis':
      return new AlisDialogue(new AlisWire(socket, clock), deps, handshake);
    case 'v5.channel.k8s.io':
    case 'v4.channel.k8s.io':
      return new ChannelDialogue(new ChannelWire(protocol, socket, clock), deps, handshake);
  }
}
