/** Most bytes that wait here for the server, for very large pastes. */
const MAX_WAITING = 1024 * 1024;
const MAX_FRAME = 16 * 1024;

/**
 * Input on its way: never more than `window` bytes that the server has not accepted. What is on its way when the
 * connection breaks is not sent again, as nobody can know whether it arrived.
 */
export class TtyInput {
  /** @type {Uint8Array[]} */
  #waiting = [];
  #waitingBytes = 0;
  #sent = 0;
  #accepted = 0;
  #open = false;
  #window = 0;
  #send;

  /** @param {(bytes: Uint8Array) => void} send */
  constructor(send) {
    this.#send = send;
  }

  /** A new attachment counts from zero. */
  start(window) {
    this.#window = window;
    this.#sent = 0;
    this.#accepted = 0;
    this.#open = true;
    this.#pump();
  }

  /** @returns {number} bytes that may not have arrived */
  stop() {
    const lost = this.#sent - this.#accepted + this.#waitingBytes;
    this.#open = false;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#sent = 0;
    this.#accepted = 0;
    return lost;
  }

  /**
   * @param {Uint8Array} bytes
   * @returns {number} bytes refused, because too much waits already
   */
  push(bytes) {
    if (!this.#open) return 0;
    if (this.#waitingBytes + bytes.length > MAX_WAITING) return bytes.length;
    for (let at = 0; at < bytes.length; at += MAX_FRAME) {
      this.#waiting.push(bytes.subarray(at, at + MAX_FRAME));
    }
    this.#waitingBytes += bytes.length;
    this.#pump();
    return 0;
  }

  /** The server's count of bytes that reached the shell. */
  accepted(n, state) {
    this.#accepted = n;
    if (state !== 'locked') this.#pump();
  }

  #pump() {
    while (this.#open && this.#waiting.length > 0) {
      const next = this.#waiting[0];
      if (this.#sent - this.#accepted + next.length > this.#window) return;
      this.#waiting.shift();
      this.#waitingBytes -= next.length;
      this.#sent += next.length;
      this.#send(next);
    }
  }
}
