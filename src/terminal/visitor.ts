export type Role = 'write' | 'view';

/** `owner`: the learner of the sandbox, or a platform in that learner's place; everybody else is an instructor. */
export type VisitorKind = 'owner' | 'instructor';

/** Whoever comes with a socket, as the ticket said it. Fixed for the life of the attachment. */
export interface Visitor {
  user: { id: string; name: string };
  kind: VisitorKind;
  role: Role;
  /** May take the terminal over. */
  takeover: boolean;
  /** Credential that the ticket was minted with: revoking it closes the socket. */
  subject: string;
  /** Address of the socket, for the audit log. */
  ip?: string | undefined;
}

/** Names travel to other people's emulators and titles: no control characters, C1 included. */
export function cleanName(name: string, fallback: string, most = 256): string {
  return name.replaceAll(/\p{Cc}/gu, '').slice(0, most) || fallback;
}
