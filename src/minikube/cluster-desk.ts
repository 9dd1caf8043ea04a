import type { ClusterControl } from '../sandbox/live-sandbox.js';
import type { Answer, Op } from './protocol.js';

export type Change = Exclude<Op, 'status'>;
type Listener = (text: string) => void;

/** Another change is under way; two at once would leave nobody knowing what the cluster is meant to become. */
export class ClusterBusy extends Error {
  constructor(readonly running: Change) {
    super(`the cluster is busy: ${running}`);
  }
}

interface Running {
  op: Change;
  done: Promise<Answer>;
  latest: string | undefined;
  listeners: Set<Listener>;
}

/**
 * One change of a cluster at a time, whoever asked for it: asking for the one that runs joins it. It goes on when
 * those who asked are gone, as a cluster half made helps nobody.
 */
export class ClusterDesk {
  #running: Running | undefined;

  constructor(private readonly control: ClusterControl) {}

  /** Resolves with the last line of the answer. `left` ends the telling, not the change. */
  async change(op: Change, progress: Listener, left: AbortSignal): Promise<Answer> {
    const running = this.#running ?? this.#begin(op);
    if (running.op !== op) throw new ClusterBusy(running.op);
    if (running.latest !== undefined) progress(running.latest);
    running.listeners.add(progress);
    left.addEventListener('abort', () => running.listeners.delete(progress), { once: true });
    return running.done;
  }

  #begin(op: Change): Running {
    const running: Running = {
      op,
      latest: undefined,
      listeners: new Set(),
      done: Promise.resolve({ ok: true }),
    };
    const tell = (text: string): void => {
      running.latest = text;
      for (const listener of running.listeners) listener(text);
    };
    this.#running = running;
    running.done = this.#perform(op, tell).finally(() => (this.#running = undefined));
    return running;
  }

  async #perform(op: Change, tell: Listener): Promise<Answer> {
    if (op === 'start') return { ok: true, kubeconfig: (await this.control.start(tell)).kubeconfig };
    await this.control[op]();
    return { ok: true };
  }
}
