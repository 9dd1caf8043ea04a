import { EventEmitter } from 'node:events';
import type { LiveSandbox } from '../sandbox/live-sandbox.js';

/** Signals inside the process. Nothing durable hangs on them: what must survive a crash is a row of Event. */
export interface BusSignals {
  'sandbox.ready': LiveSandbox;
  /** The learner started, stopped or replaced the cluster: `live.cluster.phase` says what there is now. */
  'sandbox.cluster': LiveSandbox;
  /** Terminals and grading let go of it; resources go right after. */
  'sandbox.ending': { sandboxId: string; reason: string };
  /** CR or LF in terminal input: the first at once, then at most one per 300 ms, the last never dropped. */
  'terminal.enter': { sandboxId: string };
  /** Any terminal input, at most one per 10 s and sandbox. */
  'terminal.activity': { sandboxId: string };
  /** Number of open attachments of the sandbox changed. */
  'terminal.attachments': { sandboxId: string; count: number };
  /** A learner opened (1) or closed (-1) a stream of its events. */
  'learner.listening': { tenantId: string; userId: string; change: 1 | -1 };
  /** A credential no longer counts: what came in with it is closed. */
  'credential.revoked': { tenantId: string; subject: string };
  /** How far a bulk action on a cohort has come. */
  'cohort.action': {
    cohortId: string;
    id: string;
    action: string;
    total: number;
    done: number;
    failed: number;
  };
  /** Somebody joined or left the cohort, or changed their role or group. */
  'cohort.members': { cohortId: string };
  /** States, attempts or hints of a run were stored, with or without an event; what is wrong with each objective now. */
  'progress.stored': { sandboxId: string; failures: { objective: string; path: string; kind: string }[] };
  /** Rows were added to the event feed and committed. */
  'feed.appended': { sandboxId: string | null };
}

export class Bus {
  private readonly emitter = new EventEmitter({ captureRejections: false }).setMaxListeners(0);

  on<K extends keyof BusSignals>(name: K, listener: (signal: BusSignals[K]) => void): () => void {
    this.emitter.on(name, listener);
    return () => this.emitter.off(name, listener);
  }

  emit<K extends keyof BusSignals>(name: K, signal: BusSignals[K]): void {
    this.emitter.emit(name, signal);
  }
}
