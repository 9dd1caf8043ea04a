import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { systemClock } from '../../common/clock.js';

x509.cryptoProvider.set(webcrypto as never);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
/** Clocks of machine and cluster are the same one; a minute covers a step of it backwards. */
const SKEW_MS = 60_000;
/** As kubeadm does. */
const AUTHORITY_MS = 10 * 365 * 86_400_000;

/** A certificate and its key, PEM. */
export interface Credential {
  cert: string;
  key: string;
}

export interface Client extends Credential {
  expiresAt: Date;
}

function serialNumber(): string {
  // Positive and without a leading zero, as DER wants it.
  return `4${randomBytes(16).toString('hex').slice(1)}`;
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = await webcrypto.subtle.exportKey('pkcs8', key);
  return `${x509.PemConverter.encode(bytes, 'PRIVATE KEY')}\n`;
}

/** The authority of one cluster. kubeadm takes one that is there, so that nothing has to be read out of a node. */
export async function makeAuthority(): Promise<Credential> {
  const keys = await newKeys();
  const { keyCertSign, digitalSignature, keyEncipherment } = x509.KeyUsageFlags;
  const now = systemClock.now();
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ['kubernetes'] }],
    keys,
    signingAlgorithm: ALGORITHM,
    serialNumber: serialNumber(),
    notBefore: new Date(now - SKEW_MS),
    notAfter: new Date(now + AUTHORITY_MS),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(keyCertSign | digitalSignature | keyEncipherment, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${cert.toString('pem')}\n`, key: await exportKey(keys.privateKey) };
}

export interface ClientRequest {
  authority: Credential;
  user: string;
  group: string;
  lifetimeMs: number;
}

/** A client certificate: Kubernetes reads the user from CN and the group from O. */
export async function issueClient(o: ClientRequest): Promise<Client> {
  const issuer = new x509.X509Certificate(o.authority.cert);
  const [pem] = x509.PemConverter.decode(o.authority.key);
  if (!pem) throw new Error('the key of the cluster authority is no PEM');
  const signingKey = await webcrypto.subtle.importKey('pkcs8', pem, ALGORITHM, false, ['sign']);
  const keys = await newKeys();
  const now = systemClock.now();
  const expiresAt = new Date(Math.min(now + o.lifetimeMs, issuer.notAfter.getTime()));
  const cert = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [o.user] }, { O: [o.group] }],
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
    serialNumber: serialNumber(),
    notBefore: new Date(now - SKEW_MS),
    notAfter: expiresAt,
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.2']),
    ],
  });
  return { cert: `${cert.toString('pem')}\n`, key: await exportKey(keys.privateKey), expiresAt };
}
