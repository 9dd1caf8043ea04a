import { createHash } from 'node:crypto';
import { DriverError } from '../driver-error.js';

/** Inside the lab host. */
export const PEER = 'mgmt0';
/** The kernel's limit for names of interfaces. */
const LONGEST = 15;

/** The machine's end of a lab host's link: `whvk3f9x2m7qa1`. */
export function linkName(id: string, attempt: number): string {
  const name = `whv${id}${attempt}`;
  if (name.length > LONGEST) {
    throw new DriverError(
      'invalid_spec',
      `lab host id ${id}, attempt ${attempt}: an interface ${name} has more than ${LONGEST} letters`,
    );
  }
  return name;
}

/** Locally administered, and the same for a sandbox at every attempt, so that no neighbour has to learn a new one. */
export function linkMac(id: string): string {
  const bytes = createHash('sha256').update(`wheelhouse mgmt0 ${id}`).digest().subarray(0, 5);
  return ['0a', ...Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))].join(':');
}

/** Mark of ownership, as the interface's alias. */
export function linkAlias(installId: string, name: string): string {
  return `${installMark(installId)}wheelhouse.sandbox=${name} wheelhouse.part=link`;
}

export function isLinkOf(installId: string, alias: string): boolean {
  return alias.startsWith(installMark(installId)) && alias.endsWith('wheelhouse.part=link');
}

const installMark = (installId: string): string => `wheelhouse.install=${installId} `;
