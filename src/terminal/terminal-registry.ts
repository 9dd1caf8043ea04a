import type { TerminalSession } from './session.js';

/** A terminal of this process, and whose it is. */
export interface LiveTerminal {
  session: TerminalSession;
  tenantId: string;
  /** Owner of the sandbox. */
  userId: string;
  sandboxId: string;
  /** Cohort of the sandbox, whose instructors may see the terminal. */
  cohortId?: string | null;
  target: 'labhost' | 'local';
  createdAt: Date;
}

/** All terminals of this process. */
export class TerminalRegistry {
  private readonly terminals = new Map<string, LiveTerminal>();
  /** Ids that were here; the newest few thousand, enough to tell "gone" from "never was". */
  private readonly past = new Set<string>();

  get size(): number {
    return this.terminals.size;
  }

  get attachments(): number {
    return this.all().reduce((sum, terminal) => sum + terminal.session.attachments.size, 0);
  }

  add(terminal: LiveTerminal): void {
    this.terminals.set(terminal.session.id, terminal);
  }

  remove(id: string): void {
    if (!this.terminals.delete(id)) return;
    this.past.add(id);
    if (this.past.size > 4096) this.past.delete(this.past.values().next().value ?? '');
  }

  get(id: string): LiveTerminal | undefined {
    return this.terminals.get(id);
  }

  wasHere(id: string): boolean {
    return this.past.has(id);
  }

  all(): LiveTerminal[] {
    return [...this.terminals.values()];
  }

  ofSandbox(sandboxId: string): LiveTerminal[] {
    return this.all().filter((terminal) => terminal.sandboxId === sandboxId);
  }

  attachmentsOfUser(tenantId: string, userId: string): number {
    return this.all()
      .filter((terminal) => terminal.tenantId === tenantId)
      .flatMap((terminal) => [...terminal.session.attachments])
      .filter((attachment) => attachment.visitor.user.id === userId).length;
  }

  terminalsOfUser(tenantId: string, userId: string): number {
    return this.all().filter((t) => t.tenantId === tenantId && t.userId === userId && !t.session.exit).length;
  }

  /** Closes every socket that came with this credential. */
  closeSubject(tenantId: string, subject: string): void {
    for (const terminal of this.all()) {
      if (terminal.tenantId !== tenantId) continue;
      for (const attachment of terminal.session.attachments) {
        if (attachment.visitor.subject === subject) terminal.session.drop(attachment, 4403, 'revoked');
      }
    }
  }

  attachmentsOfSandbox(sandboxId: string): number {
    return this.ofSandbox(sandboxId).reduce((sum, terminal) => sum + terminal.session.attachments.size, 0);
  }
}
