import { announce, toast } from './announce.js';
import { byId, setText } from './dom.js';
import { t } from './i18n.js';

const MARKS_MIN = [10, 5, 1];

/** `1:05:09`, or `14:59` under an hour. */
export function clockText(ms) {
  const total = Math.max(0, Math.ceil(ms / 1000));
  const two = (n) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** The time left, from the server's `expiresAt`; says so at 10, 5 and 1 minutes. */
export class Countdown {
  #expiresAt = NaN;
  #said = new Set();
  #timer = 0;

  /** @param {() => number} now the server's time, ms */
  constructor(now) {
    this.now = now;
  }

  /** @param {string | null} expiresAt */
  set(expiresAt) {
    const at = Date.parse(expiresAt ?? '');
    if (at === this.#expiresAt) return;
    this.#expiresAt = at;
    this.#said.clear();
    // Marks that lie behind are not said again after a reload.
    const left = at - this.now();
    MARKS_MIN.filter((min) => left < min * 60_000 - 5000).forEach((min) => this.#said.add(min));
    this.#draw();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#expiresAt = NaN;
    byId('timer').hidden = true;
  }

  #draw() {
    clearTimeout(this.#timer);
    const left = this.#expiresAt - this.now();
    const box = byId('timer');
    box.hidden = Number.isNaN(left);
    if (box.hidden) return;
    setText(byId('timer-text'), clockText(left));
    box.dataset.level =
      left <= 60_000 ? 'last' : left <= 300_000 ? 'short' : left <= 600_000 ? 'soon' : 'plenty';
    const mark = MARKS_MIN.findLast((min) => left <= min * 60_000 && !this.#said.has(min));
    if (mark !== undefined) {
      MARKS_MIN.filter((min) => min >= mark).forEach((min) => this.#said.add(min));
      const text = mark === 1 ? t('oneMinuteLeft') : t('minutesLeft', { n: mark });
      if (mark === 1) toast(text);
      else announce(text);
    }
    if (left > 0) this.#timer = setTimeout(() => this.#draw(), (left % 1000) + 20);
  }
}
