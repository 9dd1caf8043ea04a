import { randomBytes, randomInt } from 'node:crypto';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

function word(length: number): string {
  let text = '';
  for (let i = 0; i < length; i++) text += ALPHABET[randomInt(ALPHABET.length)];
  return text;
}

export type IdPrefix = 'coh' | 'act' | 'sb' | 'ten' | 'key' | 'usr' | 'lab' | 'lv' | 'evd' | 'rec' | 'whe';

/** `sb_` and ten of [a-z0-9]: short enough to name interfaces, containers and clusters by the ten alone. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${word(10)}`;
}

/** Ids that a guess must not hit: 128 random bits, base64url. */
export function newSecretId(prefix: 'trm' | 'att'): string {
  return `${prefix}_${randomBytes(16).toString('base64url')}`;
}

/** 256 random bits, base64url: tickets and API keys. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** `sb_k3f9x2m7qa` -> `k3f9x2m7qa`, the name in the kernel. */
export function kernelName(sandboxId: string): string {
  return sandboxId.slice(sandboxId.indexOf('_') + 1);
}
