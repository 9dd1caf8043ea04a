import { follow } from './sse.js';

const POLL_MS = 2000;
const FIRM = new Set(['ready', 'paused', 'released', 'failed']);

/** Follows one sandbox: its events say when to look, GET says how it is. */
export class SandboxWatch {
  #stop = new AbortController();
  #poll = 0;
  #reading = false;

  /**
   * @param {object} o
   * @param {import('./api.js').Api} o.api
   * @param {any} o.sandbox as it was answered
   * @param {(sandbox: any) => void} o.onChange also called at the start
   * @param {(warning: {reason: 'idle' | 'expiring', inSeconds: number}) => void} o.onWarning
   * @param {(message: {from: string, text: string}) => void} o.onMessage of an instructor
   * @param {(live: boolean) => void} o.onLink
   */
  constructor(o) {
    this.o = o;
    this.id = o.sandbox.id;
    const onEvent = (type, data) => {
      const ours = type.startsWith('sandbox.') && data.sandboxId === this.id;
      if (ours && type === 'sandbox.expiring') o.onWarning(data.payload);
      if (ours && type === 'sandbox.message') o.onMessage(data.payload);
      if (ours || type === 'reset') void this.look();
    };
    const onLink = (live) => {
      o.onLink(live);
      if (live) void this.look();
    };
    void follow({ api: o.api, path: '/v1/events', signal: this.#stop.signal, onEvent, onLink });
    queueMicrotask(() => this.show(o.sandbox));
  }

  close() {
    this.#stop.abort();
    clearTimeout(this.#poll);
  }

  show(sandbox) {
    if (this.#stop.signal.aborted) return;
    clearTimeout(this.#poll);
    // Places in the queue move without an event of ours.
    if (!FIRM.has(sandbox.state)) this.#poll = setTimeout(() => void this.look(), POLL_MS);
    this.o.onChange(sandbox);
  }

  async look() {
    if (this.#reading) return;
    this.#reading = true;
    try {
      this.show(await this.o.api.get(`/v1/sandboxes/${this.id}`));
    } catch (error) {
      if (error.status === 404) this.show({ id: this.id, state: 'released', failure: null, expiresAt: null });
    } finally {
      this.#reading = false;
    }
  }
}
