import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

export function newSigningSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

/** The headers of Standard Webhooks. `at` in ms; the id stays the same for every try, so that receivers can tell repeats. */
export function signedHeaders(o: {
  secret: string;
  id: string;
  at: number;
  body: string;
}): Record<string, string> {
  const seconds = String(Math.floor(o.at / 1000));
  const key = Buffer.from(o.secret.slice(PREFIX.length), 'base64');
  const mac = createHmac('sha256', key).update(`${o.id}.${seconds}.${o.body}`).digest('base64');
  return { 'webhook-id': o.id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${mac}` };
}
