import type { AuditLog } from '../audit/audit-log.js';
import { assertScope } from '../auth/access.js';
import type { Principal } from '../auth/principal.js';
import { AppError } from '../common/errors/app-error.js';
import type { Attachment } from './attachment.js';
import { REFUSED_TAKE } from './native-dialogue.js';
import type { LiveTerminal } from './terminal-registry.js';

/** What may be done with attachments by HTTP, for clients whose format has no words for it. */
export class AttachmentDesk {
  constructor(private readonly audit: AuditLog) {}

  /** The owner may send anybody away, and so may whoever may watch. */
  close(principal: Principal, terminal: LiveTerminal, aid: string): void {
    if (principal.kind !== 'learner') assertScope(principal, 'terminals:shadow');
    const attachment = find(terminal, aid);
    terminal.session.drop(attachment, 4403, 'removed');
    this.audit.record({
      tenantId: terminal.tenantId,
      actor: principal.subject,
      action: 'attachment.closed',
      subject: terminal.session.id,
      detail: { aid, user: attachment.visitor.user.id },
    });
  }

  take(principal: Principal, terminal: LiveTerminal, aid: string): void {
    const verdict = terminal.session.take(own(principal, terminal, aid));
    if (verdict !== 'ok') throw new AppError(verdict, REFUSED_TAKE[verdict]);
  }

  giveBack(principal: Principal, terminal: LiveTerminal, aid: string): void {
    if (terminal.session.seat.release(own(principal, terminal, aid))) return;
    throw new AppError('forbidden', 'This attachment has not taken the terminal over.');
  }
}

/** While somebody has taken a terminal over, its size and its signals are theirs. */
export function assertNotTakenOver(principal: Principal, terminal: LiveTerminal): void {
  const { seat, driver } = terminal.session;
  if (!seat.takenOver || driver?.visitor.subject === principal.subject) return;
  throw new AppError('taken_over', 'An instructor has taken this terminal over.');
}

function find(terminal: LiveTerminal, aid: string): Attachment {
  const found = [...terminal.session.attachments].find(({ id }) => id === aid);
  if (!found) throw new AppError('not_found', 'This terminal has no such attachment.');
  return found;
}

/** An attachment that came with the caller's credential, or is the caller's own. */
function own(principal: Principal, terminal: LiveTerminal, aid: string): Attachment {
  const attachment = find(terminal, aid);
  const { subject, user, kind } = attachment.visitor;
  const mine = subject === principal.subject || (kind === 'owner' && user.id === principal.userId);
  if (mine) return attachment;
  throw new AppError('forbidden', 'This attachment belongs to somebody else.');
}
