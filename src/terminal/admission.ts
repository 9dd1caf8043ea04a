import { ATTACHMENTS_PER_SERVER, ATTACHMENTS_PER_TERMINAL, ATTACHMENTS_PER_USER } from './limits.js';
import type { Size } from './sizing.js';
import type { LiveTerminal, TerminalRegistry } from './terminal-registry.js';
import type { TicketClaims } from './ticket-store.js';

export type Admission = { terminal: LiveTerminal } | { close: number; reason: string };

/** Finds the terminal of a redeemed ticket and makes sure that its command runs. */
export async function admit(
  registry: TerminalRegistry,
  claims: TicketClaims,
  size: Size,
): Promise<Admission> {
  const terminal = registry.get(claims.terminalId);
  if (!terminal || terminal.tenantId !== claims.tenantId) {
    return registry.wasHere(claims.terminalId)
      ? { close: 4410, reason: 'gone' }
      : { close: 4404, reason: 'no such terminal' };
  }
  if (registry.attachments >= ATTACHMENTS_PER_SERVER) return { close: 1013, reason: 'overloaded' };
  const many =
    terminal.session.attachments.size >= ATTACHMENTS_PER_TERMINAL ||
    registry.attachmentsOfUser(claims.tenantId, claims.userId) >= ATTACHMENTS_PER_USER;
  if (many) return { close: 4429, reason: 'too many attachments' };
  try {
    if (!terminal.session.exit) await terminal.session.ensureStarted(size);
  } catch {
    return { close: 1011, reason: 'the shell could not be started' };
  }
  if (terminal.session.state === 'gone') return { close: 4410, reason: 'gone' };
  return { terminal };
}
