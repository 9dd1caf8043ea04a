import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BenchContext } from './harness.js';
import type { ServerAnswer } from './tty-server-main.js';

export interface ServerProcess {
  pid: number;
  /** Opens a terminal; returns its id and a socket address good for one connection. */
  open(argv?: string[]): Promise<ServerAnswer>;
  /** Another ticket for an open terminal. */
  again(terminal: string): Promise<ServerAnswer>;
}

/** Starts `file` (beside this one) as a server process and ends it with the bench. */
export async function startServer(
  context: Pick<BenchContext, 'defer'>,
  o: { file?: string; args?: string[] } = {},
): Promise<ServerProcess> {
  const file = fileURLToPath(new URL(o.file ?? 'tty-server-main.js', import.meta.url));
  const child: ChildProcess = fork(file, o.args ?? [], {
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const exited = once(child, 'exit');
  context.defer(async () => {
    child.disconnect();
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await exited;
    clearTimeout(timer);
  });
  await once(child, 'message');
  let last = 0;
  const ask = (request: object): Promise<ServerAnswer> =>
    new Promise((resolve, reject) => {
      const id = ++last;
      const listen = (answer: ServerAnswer): void => {
        if (answer.id !== id) return;
        child.off('message', listen);
        resolve(answer);
      };
      child.on('message', listen);
      child.send({ id, ...request }, (error) => error && reject(error));
    });
  return {
    pid: child.pid!,
    open: (argv) => ask(argv ? { argv } : {}),
    again: (terminal) => ask({ again: terminal }),
  };
}
