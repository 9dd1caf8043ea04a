import { readSync, writeSync } from 'node:fs';

/** Two empty reads this far apart mean that nothing more is coming. */
const GAP_MS = 2;
const CAP_MS = 2000;
/** Bytes read before other terminals get their turn. */
const SLICE = 256 * 1024;
const READ_SIZE = 64 * 1024;

/** Terminals whose output did not run dry in time after the exit: a background job that goes on writing. */
export const drainErrors = { count: 0 };

/** Bytes read into `into`; 0 when there are none now, or never again. */
function readSome(fd: number, into: Buffer): number {
  try {
    return readSync(fd, into, 0, into.length, null);
  } catch {
    return 0;
  }
}

/** Writes what the terminal takes now; 0 when it is full or gone. */
export function writeSome(fd: number, bytes: Buffer): number {
  try {
    return writeSync(fd, bytes);
  } catch {
    return 0;
  }
}

/**
 * After the command's exit: hands over all that the kernel still holds, then calls `done`. The kernel moves bytes from
 * the slave to the master in a work item of its own, hence the second look.
 */
export function drainMaster(fd: number, data: (bytes: Buffer) => void, done: () => void): void {
  const buffer = Buffer.allocUnsafe(READ_SIZE);
  const deadline = performance.now() + CAP_MS;
  const round = (quiet: boolean): void => {
    let total = 0;
    for (let count = 1; count > 0 && total < SLICE; total += count) {
      count = readSome(fd, buffer);
      if (count > 0) data(buffer.subarray(0, count));
    }
    if (total === 0 && quiet) return done();
    if (performance.now() >= deadline) {
      drainErrors.count++;
      return done();
    }
    if (total >= SLICE) setImmediate(() => round(false));
    else setTimeout(() => round(true), GAP_MS);
  };
  round(false);
}
