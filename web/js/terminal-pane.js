import { FitAddon } from '../vendor/addon-fit/lib/addon-fit.mjs';
import { Terminal } from '../vendor/xterm/lib/xterm.mjs';
import { byId, el } from './dom.js';
import { FONT, THEME } from './terminal-theme.js';
import { openTty } from './tty.js';

/** One emulator with its connection, in an element of its own. */
export class TerminalPane {
  element = el('div', { class: 'pane', role: 'tabpanel' });
  #box = el('div', { class: 'pane-screen' });
  #note = el('div', { class: 'pane-note', role: 'status' });
  #fit = new FitAddon();

  /**
   * @param {object} o
   * @param {import('./api.js').Api} o.api
   * @param {string} o.terminalId
   * @param {boolean} o.readerMode
   * @param {(state: string, detail: any) => void} o.onState
   * @param {(key: 'ttyUnsent' | 'ttyDropped', n: number) => void} o.onLost
   * @param {(driver: import('../terminal-client').TerminalDriver) => void} o.onDriver
   * @param {(peers: import('../terminal-client').TerminalPeer[]) => void} o.onPeers
   * @param {(frame: any) => void} o.onAttached
   * @param {(text: string) => void} o.onNotice
   */
  constructor(o) {
    this.o = o;
    this.id = o.terminalId;
    this.element.append(this.#box, this.#note);
    this.term = new Terminal({
      fontFamily: FONT,
      fontSize: 13,
      lineHeight: 1.25,
      scrollback: 10_000,
      theme: THEME,
      minimumContrastRatio: 4.5,
      macOptionIsMeta: true,
      cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
      screenReaderMode: o.readerMode,
    });
    this.term.loadAddon(this.#fit);
    this.term.attachCustomKeyEventHandler((event) => this.#key(event));
  }

  /** Draws and connects; the element must be in the page and visible, so that its size is known. */
  open() {
    this.term.open(this.#box);
    this.client = openTty({
      api: this.o.api,
      terminalId: this.id,
      screen: {
        write: (bytes, done) => this.term.write(bytes, done),
        // In the stream, behind what is still to be drawn: a full reset, then an empty scrollback.
        reset: () => this.term.write('\x1bc\x1b[3J'),
        resize: (cols, rows) => this.term.write('', () => this.term.resize(cols, rows)),
        size: () => this.#fitting(),
      },
      onState: (state, detail) => this.o.onState(state, detail),
      onUnsent: (n) => this.o.onLost('ttyUnsent', n),
      onDriver: (driver) => this.o.onDriver(driver),
      onPeers: (peers) => this.o.onPeers(peers),
      onAttached: (frame) => this.o.onAttached(frame),
      onNotice: ({ text }) => this.o.onNotice(text),
    });
    this.term.onData((data) => this.#type(data));
    this.term.onBinary((data) => this.#type(Uint8Array.from(data, (c) => c.charCodeAt(0))));
    this.observer = new ResizeObserver(() => this.#room());
    this.observer.observe(this.#box);
  }

  focus() {
    this.term.focus();
  }

  /** A line across the head of the terminal, with something to press; or, with `badge`, in its corner. */
  note(text, action, badge = false) {
    this.#note.replaceChildren();
    this.#note.dataset.kind = badge ? 'badge' : 'line';
    if (!text) return;
    this.#note.append(el('span', { text }));
    if (action) this.#note.append(el('button', { type: 'button', text: action.text, onclick: action.run }));
  }

  close() {
    this.observer?.disconnect();
    this.client?.close();
    this.term.dispose();
    this.element.remove();
  }

  #type(data) {
    const refused = this.client.type(data);
    if (refused > 0) this.o.onLost('ttyDropped', refused);
  }

  #fitting() {
    const { cols, rows } = this.#fit.proposeDimensions() ?? {};
    return { cols: Math.max(2, cols || 80), rows: Math.max(1, rows || 24) };
  }

  #room() {
    if (this.element.hidden || this.#box.clientHeight === 0) return;
    const { cols, rows } = this.#fitting();
    if (cols !== this.term.cols || rows !== this.term.rows) this.client?.resized();
  }

  /** Keys that are not for the shell. The emulator eats Tab, so there must be another way out. */
  #key(event) {
    const leaves = event.ctrlKey && (event.key === 'F6' || (event.shiftKey && event.key === 'Escape'));
    if (leaves) {
      if (event.type === 'keydown') byId('objectives-body').focus();
      event.preventDefault();
      return false;
    }
    const copies = event.ctrlKey && event.shiftKey && event.code === 'KeyC';
    if (copies && event.type === 'keydown') {
      event.preventDefault();
      void navigator.clipboard?.writeText(this.term.getSelection());
    }
    return !copies;
  }
}
