import { toast } from './announce.js';
import { byId } from './dom.js';
import { onLanguage, t } from './i18n.js';
import { onPress } from './press.js';
import { readerMode, setReaderMode } from './reader-mode.js';
import { TerminalTab } from './terminal-tab.js';

/** The terminals of one sandbox, as tabs. */
export class TerminalTabs {
  /** @type {TerminalTab[]} */
  #items = [];
  /** @type {TerminalTab | undefined} */
  #current;
  #stop = new AbortController();

  /**
   * @param {object} o
   * @param {import('./api.js').Api} o.api
   * @param {string} o.sandboxId
   * @param {(name: string, live: boolean) => void} o.onLink
   */
  constructor(o) {
    this.o = o;
    this.path = `/v1/sandboxes/${o.sandboxId}/terminals`;
    const { signal } = this.#stop;
    onPress('terminal-new', () => this.#create(), signal);
    onPress('terminal-close', () => this.#remove(), signal);
    onPress('terminal-reader', () => this.#setReaderMode(!readerMode()), signal);
    byId('terminal-tabs').addEventListener('keydown', (event) => this.#arrows(event), { signal });
    const visibility = () => this.#items.forEach(({ pane }) => pane.client?.setHidden(document.hidden));
    document.addEventListener('visibilitychange', visibility, { signal });
    this.offLanguage = onLanguage(() => this.#items.forEach((item) => item.label()));
    this.#setReaderMode(readerMode());
  }

  /** Shows the terminals that run already, else opens the first one. */
  async open() {
    const { items } = await this.o.api.get(this.path);
    if (this.#stop.signal.aborted) return;
    const alive = items.filter(({ state }) => state === 'created' || state === 'running');
    alive.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
    for (const { id } of alive) this.#add(id);
    if (alive.length === 0) await this.#create();
    else this.#show(this.#items[0]);
  }

  focus() {
    this.#current?.pane.focus();
  }

  close() {
    this.#stop.abort();
    this.offLanguage();
    for (const item of this.#items.splice(0)) item.remove();
  }

  async #create(number = this.#nextNumber()) {
    const body = { start: 'attach', name: t('terminalN', { n: number }) };
    const { id } = await this.o.api.post(this.path, body);
    if (this.#stop.signal.aborted) return;
    this.#show(this.#add(id, number));
    this.focus();
  }

  async #remove() {
    const item = this.#current;
    if (!item) return;
    await this.o.api.delete(`/v1/terminals/${item.pane.id}`).catch((error) => {
      if (error.status !== 404 && error.status !== 410) throw error;
    });
    this.#drop(item);
    if (this.#items.length === 0) return this.#create();
    this.#show(this.#items[0]);
    this.focus();
  }

  #drop(item) {
    item.remove();
    this.#items = this.#items.filter((other) => other !== item);
  }

  #nextNumber() {
    const taken = this.#items.map(({ number }) => number);
    let number = 1;
    while (taken.includes(number)) number++;
    return number;
  }

  #add(id, number = this.#nextNumber()) {
    const item = new TerminalTab({
      api: this.o.api,
      id,
      number,
      readerMode: readerMode(),
      onSelect: () => {
        this.#show(item);
        this.focus();
      },
      onReplace: () => this.#replace(item),
      onReopen: () => {
        this.#drop(item);
        this.#show(this.#add(id, number));
      },
      // Restarted services keep the machine, but not its shells.
      onGone: () => this.#replace(item, t('ttyNewShell')),
      onLink: (name, live) => this.o.onLink(`terminal ${name}`, live),
    });
    this.#items.push(item);
    return item;
  }

  #show(item) {
    this.#current = item;
    for (const other of this.#items) other.show(other === item);
  }

  async #replace(item, word) {
    if (this.#stop.signal.aborted) return;
    try {
      await this.#create(item.number);
      this.#drop(item);
      if (word) toast(word);
    } catch (error) {
      toast(error.message, 'error');
    }
  }

  #arrows(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = this.#items.indexOf(this.#current);
    const next = this.#items[(at + step + this.#items.length) % this.#items.length];
    this.#show(next);
    next.tab.focus();
  }

  #setReaderMode(on) {
    setReaderMode(on);
    for (const { pane } of this.#items) pane.term.options.screenReaderMode = on;
  }
}
