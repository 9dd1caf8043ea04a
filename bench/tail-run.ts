import type { Pty, PtyExit } from '../src/terminal/pty/pty.js';

export const TAIL_BYTES = 20_480;

/** Prints 20480 bytes and ends at once with status 7: what loses its tail on a terminal that is not read carefully. */
export const TAIL_COMMAND = ['/bin/sh', '-c', `head -c ${TAIL_BYTES} /dev/zero | tr '\\0' x; exit 7`];

/** What was wrong with one run; undefined when every byte came, and the status behind them. */
export async function tailFlaw(pty: Pty): Promise<string | undefined> {
  let size = 0;
  let late = 0;
  let exit: PtyExit | undefined;
  pty.onData((bytes) => {
    size += bytes.length;
    if (exit) late += bytes.length;
  });
  await new Promise<void>((resolve) => {
    pty.onExit((how) => {
      exit = how;
      setImmediate(resolve);
    });
  });
  if (size !== TAIL_BYTES) return `${size} of ${TAIL_BYTES} bytes came`;
  if (late > 0) return `${late} bytes came behind the exit`;
  return exit?.code === 7 ? undefined : `the status was ${exit?.code} ${exit?.signal}`;
}
