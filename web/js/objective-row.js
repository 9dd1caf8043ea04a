import { el, setText } from './dom.js';
import { language, t } from './i18n.js';
import { icon } from './icons.js';

/** States that the learner must act on, or know of: their explanation is shown without asking. */
const LOUD = new Set(['regressed', 'failed', 'error', 'left-out']);

/** One objective: a line that opens to its explanation and hints. */
export class ObjectiveRow {
  #state = '';
  /** What the learner wants to see, where that differs from what the state asks for. */
  #wish;
  #icon = el('span', { class: 'o-icon' });
  #title = el('span', { class: 'o-title' });
  #label = el('span', { class: 'o-state' });
  #weight = el('span', { class: 'o-weight' });
  #why = el('p', { class: 'o-why' });
  #more = el('p', { class: 'o-more' });
  #word = el('p', { class: 'o-word' });
  #retry = el('button', { type: 'button', class: 'o-retry', onclick: () => this.onRetry() });
  #hints = el('ul', { class: 'o-hints' });

  /**
   * @param {string} id
   * @param {(n: number) => void} onHint
   * @param {() => void} onRetry
   */
  constructor(id, onHint, onRetry) {
    this.onHint = onHint;
    this.onRetry = onRetry;
    this.details = el(
      'div',
      { class: 'o-details', id: `o-${id}` },
      this.#word,
      this.#why,
      this.#retry,
      this.#more,
      this.#hints,
    );
    this.button = el(
      'button',
      { type: 'button', class: 'o-line', 'aria-controls': `o-${id}`, onclick: () => this.#toggle() },
      this.#icon,
      this.#title,
      this.#label,
      this.#weight,
      el('span', { class: 'o-chevron' }, icon('chevron')),
    );
    this.element = el('li', { class: 'objective', 'data-id': id }, this.button, this.details);
  }

  /**
   * @param {any} objective as in the progress
   * @param {string} title
   * @param {(id: string) => string} titleOf
   */
  show(objective, title, titleOf) {
    const { state, weight, explanation, dueAt, needs = [], hints = [] } = objective;
    if (state !== this.#state) {
      if (this.#state !== '') this.element.dataset.fresh = 'yes';
      this.#state = state;
      this.#wish = undefined;
      this.element.dataset.state = state;
      this.#icon.replaceChildren(icon(state));
    }
    setText(this.#title, title);
    setText(this.#label, t(`state_${state}`));
    setText(this.#weight, t('weight', { n: weight }));
    setText(this.#why, state === 'passed' ? '' : (explanation?.text ?? ''));
    const blocked = state === 'blocked' && needs.length > 0;
    const first = blocked ? t('needs', { list: needs.map(titleOf).join(', ') }) : '';
    const due = dueAt && t('dueAt', { time: new Date(dueAt).toLocaleTimeString(language()) });
    setText(this.#more, [first, due].filter(Boolean).join(' '));
    this.#showWord(objective);
    this.#showHints(hints, state);
    this.#open(this.#wish ?? LOUD.has(state));
  }

  /** What a person decided, and whether the learner may try again. */
  #showWord({ state, overridden, retries }) {
    this.element.dataset.decided = overridden ? 'yes' : 'no';
    setText(this.#word, overridden ? t('decided', overridden) : '');
    const left = state === 'failed' && !overridden ? (retries?.left ?? 0) : 0;
    if (left === 0 && document.activeElement === this.#retry) this.button.focus();
    this.#retry.hidden = left === 0;
    setText(this.#retry, left === 0 ? '' : t('retry', { n: left }));
  }

  #showHints(hints, state) {
    const focused = document.activeElement?.closest('.o-hints') === this.#hints;
    // Hints that were not needed are of no interest any more.
    const shown = state === 'passed' ? hints.filter(({ text }) => text) : hints;
    this.#hints.replaceChildren(...shown.map((hint) => this.#hint(hint)));
    if (focused) this.button.focus();
  }

  #hint({ n, available, cost, text }) {
    const name = el('span', { class: 'hint-name', text: t('hint', { n }) });
    if (text) return el('li', {}, name, el('span', { text }));
    if (!available) return el('li', { class: 'hint-later' }, name, t('hintLater'));
    const label = cost > 0 ? t('hintCost', { n: Math.round(cost * 100) }) : t('hintFree');
    return el('li', {}, name, el('button', { type: 'button', text: label, onclick: () => this.onHint(n) }));
  }

  #toggle() {
    this.#wish = this.details.hidden;
    this.#open(this.#wish);
  }

  #open(open) {
    const texts = [this.#word, this.#why, this.#retry, this.#more];
    const empty = texts.every((part) => !part.textContent) && !this.#hints.childElementCount;
    this.button.disabled = empty;
    this.details.hidden = empty || !open;
    this.button.setAttribute('aria-expanded', String(!this.details.hidden));
  }
}
