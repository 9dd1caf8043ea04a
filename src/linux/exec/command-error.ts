const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** The command as one line that can be pasted into a shell. */
export function shellLine(argv: string[]): string {
  return argv.map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}

/** How a command failed: by its exit status, by its deadline, by its caller's signal, or before it started. */
export type CommandFailure = 'exit' | 'timeout' | 'aborted' | 'spawn';

/** `output` holds the last 4 KiB of standard error, or of standard output where that is empty. */
export class CommandError extends Error {
  constructor(
    readonly failure: CommandFailure,
    readonly argv: string[],
    readonly exit: number | null,
    readonly output: string,
  ) {
    super(`${describe(failure, exit)}: ${shellLine(argv)}${output === '' ? '' : `\n${output}`}`);
    this.name = 'CommandError';
  }
}

function describe(failure: CommandFailure, exit: number | null): string {
  if (failure === 'exit') return exit === null ? 'ended by a signal' : `exit status ${exit}`;
  if (failure === 'timeout') return 'not done in time';
  return failure === 'aborted' ? 'cancelled' : 'could not start';
}
