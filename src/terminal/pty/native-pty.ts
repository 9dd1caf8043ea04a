import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

interface NativePty {
  open(cols: number, rows: number): { master: number; slave: number; pty: string };
  resize(fd: number, cols: number, rows: number): void;
}

let loaded: NativePty | undefined;

/** The compiled half of node-pty 1.1.0, which is all of it that we use; its `spawn` loses output tails. */
function native(): NativePty {
  if (!loaded) {
    const require = createRequire(import.meta.url);
    const root = path.dirname(require.resolve('node-pty/package.json'));
    loaded = require(path.join(root, 'build/Release/pty.node')) as NativePty;
  }
  return loaded;
}

export interface PtyPair {
  /** Non-blocking. */
  master: number;
  /** Blocking, close-on-exec. */
  slave: number;
  /** `/dev/pts/N` */
  path: string;
}

const O_NONBLOCK = 0o4000;

function isNonBlocking(fd: number): boolean {
  const flags = /^flags:\s+([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'));
  return flags !== null && (parseInt(flags[1] ?? '0', 8) & O_NONBLOCK) !== 0;
}

/** Opens a pseudo-terminal pair. Throws when the machine has no more, or when the master would block the service. */
export function openPair(cols: number, rows: number): PtyPair {
  const pair = native().open(cols, rows);
  let slave: number | undefined;
  try {
    // node-pty's own slave is non-blocking and inherited by every child. A new description has neither fault.
    slave = openSync(pair.pty, constants.O_RDWR | constants.O_NOCTTY);
    if (!isNonBlocking(pair.master)) throw new Error('the PTY master is blocking; refusing to start');
    return { master: pair.master, slave, path: pair.pty };
  } catch (error) {
    closeSync(pair.master);
    if (slave !== undefined) closeSync(slave);
    throw error;
  } finally {
    closeSync(pair.slave);
  }
}

export function resizePair(master: number, cols: number, rows: number): void {
  native().resize(master, cols, rows);
}
