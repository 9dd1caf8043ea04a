import { startTtyServer } from './tty-server.js';

/** The terminal server in a process of its own, told what to do over IPC by the bench that forked it. */
export interface ServerRequest {
  id: number;
  argv?: string[];
  /** A further ticket for a terminal that is open. */
  again?: string;
}

export interface ServerAnswer {
  id: number;
  terminal: string;
  url: string;
}

const server = await startTtyServer({ rateLimits: process.argv.includes('--limits') });
const terminals = new Map<string, ReturnType<typeof server.open>>();

process.on('message', (request: ServerRequest) => {
  const terminal =
    terminals.get(request.again ?? '') ?? server.open(request.argv ? { argv: request.argv } : {});
  terminals.set(terminal.id, terminal);
  // A user each: the limits are per person.
  void terminal.url({ userId: `usr_${terminal.id}` }).then((url) => {
    const answer: ServerAnswer = { id: request.id, terminal: terminal.id, url };
    process.send?.(answer);
  });
});
process.on('disconnect', () => void server.close().then(() => process.exit(0)));
process.send?.({ id: 0, terminal: '', url: '' } satisfies ServerAnswer);
