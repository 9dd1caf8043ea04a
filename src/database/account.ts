import { readFileSync } from 'node:fs';
import { runCommand } from '../linux/exec/command.js';

export interface Account {
  name: string;
  uid: number;
  gid: number;
}

export const DATABASE_ACCOUNT = 'wheelhouse-db';

function find(name: string): Account | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((l) => l.startsWith(`${name}:`));
  const fields = line?.split(':');
  return fields ? { name, uid: Number(fields[2]), gid: Number(fields[3]) } : undefined;
}

/** PostgreSQL refuses root, so as root it gets a system account of its own, made on first use. */
export async function databaseAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const found = find(DATABASE_ACCOUNT);
  if (found) return found;
  await runCommand({
    argv: [
      '/usr/sbin/useradd',
      '--system',
      '--no-create-home',
      '--home-dir',
      '/nonexistent',
      '--shell',
      '/usr/sbin/nologin',
      DATABASE_ACCOUNT,
    ],
    timeoutMs: 10_000,
  });
  const made = find(DATABASE_ACCOUNT);
  if (!made)
    throw new Error(
      `useradd left no account ${DATABASE_ACCOUNT}: make it by hand (system account, no login)`,
    );
  return made;
}

export function accountIsOurs(): boolean {
  return process.getuid?.() === 0 && find(DATABASE_ACCOUNT) !== undefined;
}

export async function removeDatabaseAccount(): Promise<void> {
  await runCommand({ argv: ['/usr/sbin/userdel', DATABASE_ACCOUNT], timeoutMs: 10_000 });
}
