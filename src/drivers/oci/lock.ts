import { closeSync, openSync } from 'node:fs';
import { runCommand } from '../../linux/exec/command.js';
import { CommandError } from '../../linux/exec/command-error.js';
import { DriverError } from '../driver-error.js';

/** Longer than the slowest start of a lab host on a busy machine. */
const WAIT_SECONDS = 15;

/**
 * Takes the exclusive lock on runtime changes and returns its descriptor. The lock belongs to the open file, which the
 * launcher and every runtime child that changes something inherit: after a kill -9 of the service the lock stays until
 * the last such child is done, so the next service cannot look at, or act on, a container in the making.
 */
export async function takeRuntimeLock(file: string, waitSeconds = WAIT_SECONDS): Promise<number> {
  const fd = openSync(file, 'a', 0o600);
  try {
    await runCommand({
      argv: ['flock', '--exclusive', '--wait', String(waitSeconds), '3'],
      extraFds: [fd],
      timeoutMs: (waitSeconds + 5) * 1000,
    });
    return fd;
  } catch (error) {
    closeSync(fd);
    const held = error instanceof CommandError && error.exit === 1 && error.output === '';
    if (!held) throw error;
    throw new DriverError(
      'busy',
      `another service works on this state folder: it holds ${file}. Stop it first.`,
    );
  }
}
