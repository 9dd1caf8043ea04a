import { TtyInput } from './tty-input.js';
import { TtyOffsets } from './tty-offsets.js';
import { TtySocket } from './tty-socket.js';

const encoder = new TextEncoder();

/**
 * @typedef {object} Screen what the client needs of an emulator; each call takes effect in the order of the calls
 * @property {(bytes: Uint8Array, done: () => void) => void} write
 * @property {(done?: () => void) => void} reset
 * @property {(cols: number, rows: number) => void} resize
 * @property {() => {cols: number, rows: number}} fitting the size that the page has room for
 */

/** The client of `wheelhouse.tty.v1`: counts offsets, resumes where it stopped, acknowledges what was drawn. */
export class TtyClient {
  #epoch = '';
  #aid = '';
  #ackEvery = 32768;
  #offsets = new TtyOffsets();
  #replaying = false;
  #exit = null;
  #input;
  #socket;

  /**
   * @param {object} o
   * @param {import('./api.js').Api} o.api
   * @param {string} o.terminalId
   * @param {Screen} o.screen
   * @param {(state: 'live' | 'down' | 'elsewhere' | 'gone' | 'exited', detail?: any) => void} o.onState
   * @param {(lost: number) => void} o.onUnsent
   */
  constructor(o) {
    this.o = o;
    this.#input = new TtyInput((bytes) => this.#socket.send(bytes));
    this.#socket = new TtySocket({
      api: o.api,
      terminalId: o.terminalId,
      hello: () => this.#hello(),
      onBytes: (bytes) => this.#bytes(bytes),
      onMessage: (message) => this.#message(message),
      onDown: () => this.#down('down'),
      onOver: (why) => this.#down(this.#exit ? 'exited' : why === 'closed' ? 'gone' : why),
    });
  }

  /**
   * Keys and pastes. Nothing is sent while history is drawn: old questions in it must not be answered again.
   * @param {string | Uint8Array} data
   * @returns {number} bytes refused
   */
  type(data) {
    if (this.#replaying) return 0;
    return this.#input.push(typeof data === 'string' ? encoder.encode(data) : data);
  }

  /** The page has another room for the terminal; the emulator follows when the server says so. */
  resized() {
    this.#socket.send({ t: 'resize', ...this.o.screen.fitting() });
  }

  /** A hidden page draws too slowly to set the pace of the shell. */
  setHidden(hidden) {
    this.#socket.send({ t: hidden ? 'hide' : 'show' });
  }

  close() {
    this.#socket.close();
  }

  #hello() {
    const size = this.o.screen.fitting();
    if (this.#epoch === '') return size;
    return { ...size, resume: { epoch: this.#epoch, seq: this.#offsets.received, aid: this.#aid } };
  }

  #bytes(bytes) {
    const drawn = this.#offsets.take(bytes.length);
    this.o.screen.write(bytes, () => {
      const seq = drawn(this.#ackEvery);
      if (seq !== undefined) this.#socket.send({ t: 'ack', seq });
    });
  }

  #message(message) {
    if (message.t === 'attached') this.#attached(message);
    else if (message.t === 'gap') this.#restart(message.to);
    else if (message.t === 'size') this.o.screen.resize(message.cols, message.rows);
    else if (message.t === 'input') this.#input.accepted(message.n, message.state);
    else if (message.t === 'replay-end') this.o.screen.write(new Uint8Array(), () => this.#replayed(message));
    else if (message.t === 'exit') this.#exit = message;
  }

  #attached({ epoch, aid, seq, mode, cols, rows, ackEvery, inputWindow }) {
    this.#aid = aid;
    this.#ackEvery = ackEvery;
    if (mode === 'delta' && epoch === this.#epoch) this.#offsets.resume(seq);
    else this.#restart(seq);
    this.#epoch = epoch;
    this.#replaying = mode === 'replay';
    this.o.screen.resize(cols, rows);
    this.#input.start(inputWindow);
    if (document.hidden) this.setHidden(true);
    this.o.onState('live', { mode });
  }

  /** What is on the screen does not belong to the output that comes. */
  #restart(seq) {
    this.#offsets.jump(seq);
    this.o.screen.reset();
  }

  #replayed({ seq }) {
    this.#replaying = false;
    this.#socket.send({ t: 'replayed', seq });
  }

  #down(state) {
    const lost = this.#input.stop();
    if (lost > 0 && !this.#exit) this.o.onUnsent(lost);
    this.o.onState(state, this.#exit);
  }
}
