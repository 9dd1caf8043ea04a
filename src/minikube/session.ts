import type { Duplex } from 'node:stream';
import { AppError } from '../common/errors/app-error.js';
import type { Logger } from '../common/logger.js';
import { DriverError } from '../drivers/driver-error.js';
import type { ClusterControl } from '../sandbox/live-sandbox.js';
import { ClusterBusy, ClusterDesk } from './cluster-desk.js';
import { encode, RequestLine, type Answer, type Incoming, type Op, type Problem } from './protocol.js';

/** Time to send the request, and time to take its answer. */
const PATIENCE_MS = 10_000;
/** A learner has a hand or two; connections beyond these only cost memory. */
export const MAX_CONNECTIONS = 16;
/** Progress that nobody takes is dropped beyond this; the last line of the answer is always sent. */
const MAX_WAITING_BYTES = 64 * 1024;
const MAX_PROGRESS_CHARS = 200;

interface Counter {
  desk: ClusterDesk;
  open: number;
}
/** One desk per cluster, for as long as its control is in use. */
const counters = new WeakMap<ClusterControl, Counter>();

function counterOf(control: ClusterControl): Counter {
  const known = counters.get(control) ?? { desk: new ClusterDesk(control), open: 0 };
  counters.set(control, known);
  return known;
}

/**
 * Answers one connection of the `minikube` command: one request, its answer, end. Everything that comes from the
 * socket is the learner's, so it can do no more than the four operations on the cluster of its own sandbox.
 */
export function serveMinikube(socket: Duplex, control: ClusterControl, o: { logger: Logger }): void {
  const counter = counterOf(control);
  const left = new AbortController();
  const request = new RequestLine();
  let requested = false;
  let answered = false;
  counter.open += 1;

  const write = (answer: Answer): void => {
    if (!socket.destroyed && !answered) socket.write(encode(answer));
  };
  const finish = (answer: Answer): void => {
    if (socket.destroyed || answered) return;
    answered = true;
    haste();
    // Not `end` alone: bytes that the peer sent and nobody reads would keep the socket open.
    socket.end(encode(answer), () => socket.destroy());
  };
  const tell = (text: string): void => {
    if (socket.writableLength < MAX_WAITING_BYTES) write({ progress: text.slice(0, MAX_PROGRESS_CHARS) });
  };
  let patience: NodeJS.Timeout | undefined;
  const haste = (): void => {
    clearTimeout(patience);
    patience = setTimeout(() => socket.destroy(), PATIENCE_MS).unref();
  };

  const onData = (chunk: Buffer): void => {
    const incoming = request.push(chunk);
    if (!incoming) return;
    requested = true;
    socket.off('data', onData);
    socket.pause();
    void serve(incoming);
  };
  const serve = async (incoming: Incoming): Promise<void> => {
    if ('problem' in incoming) return finish({ ok: false, error: incoming.problem });
    clearTimeout(patience);
    finish(await answerTo(incoming.op));
  };
  const answerTo = async (op: Op): Promise<Answer> => {
    try {
      if (op === 'status') return { ok: true, ...control.status() };
      return await counter.desk.change(op, tell, left.signal);
    } catch (error) {
      return { ok: false, error: problemOf(op, error, o.logger) };
    }
  };

  // Gone without a request, on sockets that stay half open.
  socket.once('end', () => !requested && socket.destroy());
  socket.on('error', () => undefined); // A learner's command may end at any moment.
  socket.once('close', () => {
    counter.open -= 1;
    clearTimeout(patience);
    left.abort();
  });
  haste();
  if (counter.open > MAX_CONNECTIONS) {
    finish({ ok: false, error: { code: 'busy', detail: 'too many minikube commands run at once' } });
  } else socket.on('data', onData);
}

const DOING = { start: 'being started', stop: 'being stopped', delete: 'being deleted' };

/** What the person may know; the rest is for the log. */
function problemOf(op: Op, error: unknown, logger: Logger): Problem {
  if (error instanceof ClusterBusy) {
    return {
      code: 'busy',
      detail: `the cluster is ${DOING[error.running]} right now; try again in a moment`,
    };
  }
  logger.warn({ err: error, op }, 'a minikube command failed');
  if (error instanceof AppError) return { code: error.code, detail: error.detail };
  if (error instanceof DriverError && error.retryable) {
    return {
      code: error.code,
      detail: 'the machine that runs the cluster did not answer in time; try again',
    };
  }
  return {
    code: 'internal',
    detail: `${op} failed, through no fault of yours; try again, or tell your instructor`,
  };
}
