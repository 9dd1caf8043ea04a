import { Backoff, pause } from './backoff.js';

const PROTOCOL = 'wheelhouse.tty.v1';
const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 8_000;
/** A close of ours that means "I come back": the server keeps what I have not seen. */
const CLOSE_WILL_RESUME = 4000;

/**
 * Keeps one WebSocket to a terminal open: a fresh ticket for each attempt, back-off between them, a ping that finds
 * dead connections. What the frames mean is the business of whoever listens.
 */
export class TtySocket {
  #stop = new AbortController();
  /** @type {WebSocket | undefined} */
  #socket;

  /**
   * @param {object} o
   * @param {import('./api.js').Api} o.api
   * @param {string} o.terminalId
   * @param {() => object} o.hello fields of the first frame, asked at each connection
   * @param {(bytes: Uint8Array) => void} o.onBytes
   * @param {(message: any) => void} o.onMessage
   * @param {() => void} o.onDown the socket is gone and will be tried again
   * @param {(why: 'closed' | 'elsewhere' | 'gone') => void} o.onOver
   */
  constructor(o) {
    this.o = o;
    void this.#run();
  }

  /** @param {object | Uint8Array} frame */
  send(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(frame instanceof Uint8Array ? frame : JSON.stringify(frame));
  }

  /** Leaves for good. */
  close() {
    this.#stop.abort();
    this.#socket?.close(1000);
  }

  async #run() {
    const backoff = new Backoff();
    while (!this.#stop.signal.aborted) {
      const code = await this.#once(backoff);
      if (this.#stop.signal.aborted) return;
      const over = { 1000: 'closed', 4403: 'elsewhere', 4409: 'elsewhere', 4404: 'gone', 4410: 'gone' }[code];
      if (over) return this.o.onOver(over);
      this.o.onDown();
      await pause(backoff.next(), this.#stop.signal);
    }
  }

  /** One connection, from ticket to close. @returns {Promise<number>} the close code, 0 when none came about */
  async #once(backoff) {
    let ticket;
    try {
      ticket = await this.o.api.post(`/v1/terminals/${this.o.terminalId}/tickets`, { role: 'write' });
    } catch (error) {
      if (error.status === 404 || error.status === 410) return 4410;
      if (error.retryAfter) await pause(error.retryAfter * 1000, this.#stop.signal);
      return 0;
    }
    if (this.#stop.signal.aborted) return 1000;
    const url = new URL(ticket.url, location.href);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url, PROTOCOL);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    return new Promise((resolve) => {
      let pinger = 0;
      let ponged = performance.now();
      let settled = false;
      const done = (code) => {
        if (settled) return;
        settled = true;
        clearInterval(pinger);
        removeEventListener('offline', drop);
        if (this.#socket === socket) this.#socket = undefined;
        resolve(code);
      };
      // close() alone may wait a minute for a peer that is no longer there.
      const drop = () => {
        socket.close(CLOSE_WILL_RESUME);
        done(0);
      };
      addEventListener('offline', drop);
      socket.onopen = () => {
        socket.send(JSON.stringify({ t: 'hello', v: 1, client: 'learner-page', ...this.o.hello() }));
        pinger = setInterval(() => {
          if (performance.now() - ponged > PING_EVERY_MS + PONG_WITHIN_MS) return drop();
          this.send({ t: 'ping', id: Math.round(performance.now()) });
        }, PING_EVERY_MS);
      };
      socket.onmessage = ({ data }) => {
        if (settled) return;
        if (typeof data !== 'string') return this.o.onBytes(new Uint8Array(data));
        const message = JSON.parse(data);
        if (message.t === 'attached') backoff.reset();
        if (message.t === 'pong') ponged = performance.now();
        else this.o.onMessage(message);
      };
      socket.onclose = ({ code }) => done(code);
    });
  }
}
