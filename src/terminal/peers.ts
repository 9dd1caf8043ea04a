import type { Attachment } from './attachment.js';
import type { PeerInfo } from './wire/wire.js';

/** Who is attached, as it is told to the owner and by HTTP. */
export function peersOf(attachments: Iterable<Attachment>): PeerInfo[] {
  return [...attachments].map(({ id, visitor, isDriver, wire, since }) => ({
    aid: id,
    user: visitor.user,
    kind: visitor.kind,
    role: visitor.role,
    driver: isDriver,
    protocol: wire.protocol,
    since: new Date(since).toISOString(),
  }));
}
