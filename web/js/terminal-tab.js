import { toast } from './announce.js';
import { byId, el, setText } from './dom.js';
import { t } from './i18n.js';
import { TerminalPane } from './terminal-pane.js';

/** One terminal with its tab, and what is said when its connection or its shell is gone. */
export class TerminalTab {
  /** `live`, `down`, `elsewhere`, `exited`, `gone`; empty until it was connected. */
  #state = '';
  /** Name of the instructor who drives. */
  #taker = '';
  /** Names of the instructors who watch. */
  #watchers = [];
  #recording = false;

  /**
   * @param {object} o
   * @param {import('./api.js').Api} o.api
   * @param {string} o.id of the terminal
   * @param {number} o.number
   * @param {boolean} o.readerMode
   * @param {() => void} o.onSelect
   * @param {() => void} o.onReplace the learner wants a new shell in its place
   * @param {() => void} o.onReopen the learner wants this one here
   * @param {() => void} o.onGone it was there, and is no more
   * @param {(name: string, live: boolean) => void} o.onLink
   */
  constructor(o) {
    this.o = o;
    this.number = o.number;
    this.pane = new TerminalPane({
      api: o.api,
      terminalId: o.id,
      readerMode: o.readerMode,
      onState: (state, detail) => this.#changed(state, detail),
      onLost: (key, n) => toast(t(key, { n }), 'error'),
      onDriver: (driver) => this.#driven(driver),
      onPeers: (peers) => this.#watched(peers),
      onAttached: ({ recording }) => this.#recorded(recording),
      onNotice: (text) => toast(text),
    });
    this.tab = el('button', {
      type: 'button',
      role: 'tab',
      id: `tab-${o.id}`,
      'aria-controls': `pane-${o.id}`,
      onclick: o.onSelect,
    });
    this.pane.element.id = `pane-${o.id}`;
    this.pane.element.setAttribute('aria-labelledby', this.tab.id);
    byId('terminal-tabs').append(this.tab);
    byId('terminal-panes').append(this.pane.element);
    this.label();
  }

  label() {
    setText(this.tab, t('terminalN', { n: this.number }));
  }

  /** @param {boolean} shown */
  show(shown) {
    this.pane.element.hidden = !shown;
    this.tab.setAttribute('aria-selected', String(shown));
    this.tab.tabIndex = shown ? 0 : -1;
    // The size of a pane is known only while it is shown.
    if (shown && !this.pane.client) this.pane.open();
  }

  remove() {
    this.pane.close();
    this.tab.remove();
    this.o.onLink(this.o.id, true);
  }

  /** Who drives and who watches is said as long as it lasts. */
  #say() {
    if (this.#state !== 'live') return;
    if (this.#taker) return this.pane.note(t('ttyTaken', { name: this.#taker }));
    const parts = [];
    if (this.#watchers.length > 0) parts.push(t('ttyWatched', { name: this.#watchers.join(', ') }));
    if (this.#recording) parts.push(t('ttyRecorded'));
    this.pane.note(parts.join(' '), undefined, true);
  }

  #driven({ kind, user }) {
    const taker = kind === 'instructor' && user ? user.name : '';
    if (this.#taker && !taker) toast(t('ttyGivenBack', { name: this.#taker }));
    this.#taker = taker;
    this.#say();
  }

  #watched(peers) {
    this.#watchers = peers.filter(({ kind }) => kind === 'instructor').map(({ user }) => user.name);
    this.#say();
  }

  #recorded(recording) {
    this.#recording = recording;
    this.#taker = '';
    this.#say();
  }

  #changed(state, exit) {
    const wasThere = this.#state !== '';
    this.#state = state;
    this.tab.dataset.state = state;
    this.o.onLink(this.o.id, state !== 'down');
    const again = { text: t('ttyAgain'), run: this.o.onReplace };
    const ended = exit && exit.code !== null && exit.code !== undefined;
    if (state === 'live') this.#say();
    else if (state === 'down') this.pane.note(t('ttyRetry'));
    else if (state === 'elsewhere')
      this.pane.note(t('ttyElsewhere'), { text: t('ttyHere'), run: this.o.onReopen });
    else this.pane.note(ended ? t('ttyExited', exit) : t('ttyKilled'), again);
    if (state === 'gone' && wasThere) this.o.onGone();
  }
}
