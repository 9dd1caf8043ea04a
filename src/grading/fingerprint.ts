import { createHash } from 'node:crypto';

export function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** SHA-256 of the first certificate of a PEM text, hex: equal however the text is wrapped. undefined if there is none. */
export function certificateHash(pem: string): string | undefined {
  const found = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/.exec(pem);
  return found ? sha256(Buffer.from(found[1]!, 'base64')) : undefined;
}
