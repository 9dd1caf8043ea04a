import { ManualClock } from '../common/manual-clock.js';
import type { Attachment } from './attachment.js';
import { EchoPty } from './pty/echo-pty.js';
import { TerminalSession } from './session.js';
import type { AttachRequest, SessionOptions } from './session-options.js';
import type { TakeoverChange } from './takeover.js';
import type { Visitor } from './visitor.js';
import { FakeWire } from './wire/fake-wire.js';

export interface Client {
  wire: FakeWire;
  attachment: Attachment;
}

export const LEARNER: Visitor = {
  user: { id: 'usr_a', name: 'Ada' },
  kind: 'owner',
  role: 'write',
  takeover: false,
  subject: 'usr_a',
};
export const INSTRUCTOR: Visitor = {
  user: { id: 'usr_i', name: 'R. Diaz' },
  kind: 'instructor',
  role: 'view',
  takeover: true,
  subject: 'key_i',
};

/** A session on a fake terminal and a clock that stands still, for tests. */
export class SessionRig {
  readonly clock = new ManualClock();
  readonly pty = new EchoPty({ echo: false });
  readonly told: string[] = [];
  readonly takeovers: TakeoverChange[] = [];
  learnerListens = false;
  readonly session: TerminalSession;

  constructor(options: Partial<SessionOptions> = {}) {
    const tell = (what: string) => (): void => void this.told.push(what);
    this.session = new TerminalSession({
      id: 'trm_test',
      name: 'shell',
      size: { cols: 80, rows: 24 },
      ringBytes: 1024 * 1024,
      graceMs: 600_000,
      clock: this.clock,
      open: () => Promise.resolve(this.pty),
      events: {
        started: () => undefined,
        enter: tell('enter'),
        activity: tell('activity'),
        joined: tell('joined'),
        left: tell('left'),
        signalled: tell('signalled'),
        takeover: (change) => void this.takeovers.push(change),
        learnerListens: () => this.learnerListens,
        exited: tell('exited'),
        gone: tell('gone'),
      },
      soon: (run) => run(),
      ...options,
    });
  }

  attach(request: Partial<AttachRequest> = {}, wire = new FakeWire()): Client {
    const attachment = this.session.attach(wire, {
      visitor: LEARNER,
      cols: 80,
      rows: 24,
      acks: true,
      replay: 262_144,
      ...request,
    });
    return { wire, attachment };
  }

  /** The client draws everything that it was sent, and says so. */
  settle(client: Client): void {
    for (let before = -1; before !== client.wire.seq;) {
      before = client.wire.seq;
      client.wire.drain();
      if (!client.attachment.acks || client.wire.undeclared === 0) continue;
      client.wire.undeclared = 0;
      this.session.acked(client.attachment, client.wire.seq);
    }
  }
}
