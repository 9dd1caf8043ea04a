import { announce } from './announce.js';
import { byId } from './dom.js';
import { onLanguage, t } from './i18n.js';

/** A blink shorter than this is not worth a word, ms. */
const PATIENCE_MS = 800;

/** Shows a banner while any of the page's connections is down. */
export class LinkState {
  #down = new Set();
  #timer = 0;
  #banner = byId('banner');

  constructor() {
    addEventListener('offline', () => this.set('browser', false));
    addEventListener('online', () => this.set('browser', true));
    onLanguage(() => (this.#banner.textContent = this.#banner.hidden ? '' : t('reconnecting')));
  }

  /**
   * @param {string} name of the connection
   * @param {boolean} live
   */
  set(name, live) {
    if (live) this.#down.delete(name);
    else this.#down.add(name);
    if (this.#down.size === 0) {
      clearTimeout(this.#timer);
      this.#timer = 0;
      this.#show(false);
    } else if (this.#timer === 0) {
      this.#timer = setTimeout(() => this.#show(true), PATIENCE_MS);
    }
  }

  /** Connections of a sandbox that is no longer shown do not count. */
  forget() {
    for (const name of this.#down) if (name !== 'browser') this.set(name, true);
  }

  #show(down) {
    if (this.#banner.hidden === !down) return;
    this.#banner.hidden = !down;
    this.#banner.textContent = down ? t('reconnecting') : '';
    announce(down ? t('reconnecting') : t('reconnected'));
  }
}
