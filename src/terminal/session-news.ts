import type { EventType } from '../events/event-payloads.js';
import type { AuditLog } from '../audit/audit-log.js';
import type { Bus } from '../events/bus.js';
import type { Attachment } from './attachment.js';
import type { LearnerPresence } from './learner-presence.js';
import type { SessionEvents } from './session-options.js';
import type { TakeoverChange } from './takeover.js';
import type { LiveTerminal, TerminalRegistry } from './terminal-registry.js';
import type { TerminalRepository } from './terminal.repository.js';
import type { TerminalExit } from './wire/wire.js';

export interface NewsDeps {
  registry: TerminalRegistry;
  repository: TerminalRepository;
  bus: Bus;
  audit: AuditLog;
  presence: LearnerPresence;
  /** Runs a write that history needs and no shell waits for. */
  note: (write: Promise<unknown>) => void;
}

export type TerminalOwner = Omit<LiveTerminal, 'session'> & { id: string };

/** Tells the rest of the service what happens on one terminal: signals, rows, the feed and the audit log. */
export function sessionNews(deps: NewsDeps, terminal: TerminalOwner): SessionEvents {
  const { registry, repository, bus, audit, presence, note } = deps;
  const { id, tenantId, userId, sandboxId } = terminal;
  let exit: TerminalExit | null = null;

  const count = (): void => {
    bus.emit('terminal.attachments', { sandboxId, count: registry.attachmentsOfSandbox(sandboxId) });
  };
  const feed = (type: EventType, payload: Record<string, string | null>): void => {
    note(
      repository.appendEvent({ tenantId, userId, sandboxId, type, payload: { terminalId: id, ...payload } }),
    );
  };
  const entry = ({ visitor, id: aid, wire }: Attachment) => ({
    tenantId,
    actor: visitor.user.id,
    subject: id,
    ip: visitor.ip,
    detail: { aid, role: visitor.role, protocol: wire.protocol, credential: visitor.subject },
  });

  return {
    started: (epoch) => note(repository.started(id, epoch)),
    enter: () => bus.emit('terminal.enter', { sandboxId }),
    activity: () => bus.emit('terminal.activity', { sandboxId }),
    learnerListens: () => presence.listens(tenantId, userId),
    joined: (attachment) => {
      count();
      const shadows = attachment.visitor.kind === 'instructor';
      audit.record({ ...entry(attachment), action: shadows ? 'terminal.shadowed' : 'terminal.attached' });
      if (shadows) feed('terminal.watched', { by: attachment.visitor.user.name, aid: attachment.id });
    },
    left: (attachment) => {
      count();
      audit.record({ ...entry(attachment), action: 'terminal.detached' });
      if (attachment.visitor.kind === 'instructor')
        feed('terminal.unwatched', { by: attachment.visitor.user.name, aid: attachment.id });
    },
    signalled: (by, signal) => {
      const { detail, ...who } = entry(by);
      audit.record({ ...who, action: 'terminal.signal', detail: { ...detail, signal } });
    },
    takeover: (change: TakeoverChange) => {
      const started = change.what === 'started';
      audit.record({
        tenantId,
        actor: change.by.user.id,
        action: started ? 'terminal.taken_over' : 'terminal.given_back',
        subject: id,
        ip: change.by.ip,
        detail: { aid: change.aid, why: change.what === 'ended' ? change.why : null },
      });
      feed(started ? 'terminal.taken_over' : 'terminal.given_back', {
        by: change.by.user.name,
        aid: change.aid,
      });
    },
    exited: (how) => {
      exit = how;
      note(repository.ended(id, how));
    },
    gone: () => {
      registry.remove(id);
      if (!exit) note(repository.ended(id, null));
    },
  };
}
