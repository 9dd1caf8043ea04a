import { announce, toast } from './announce.js';
import { byId, setText } from './dom.js';
import { language, onLanguage, t } from './i18n.js';
import { ObjectiveRow } from './objective-row.js';
import { follow } from './sse.js';

export const percentOf = (score) => Math.round((score?.fraction ?? 0) * 100);

/** The objectives of one sandbox, kept up to date by the service. */
export class Objectives {
  /** @type {Map<string, ObjectiveRow>} */
  #rows = new Map();
  #states = new Map();
  #titles = new Map();
  #stream = new AbortController();
  #closed = false;
  progress;

  /**
   * @param {object} o
   * @param {import('./api.js').Api} o.api
   * @param {string} o.sandboxId
   * @param {(live: boolean) => void} o.onLink
   */
  constructor(o) {
    this.o = o;
    this.path = `/v1/sandboxes/${o.sandboxId}/progress`;
    this.offLanguage = onLanguage(() => this.start());
    byId('objective-list').replaceChildren();
  }

  /** Follows the progress in the language of the page; again after a change of language. */
  start() {
    this.#stream.abort();
    this.#stream = new AbortController();
    const { api, onLink } = this.o;
    const onEvent = (type, data) => type === 'progress' && this.show(data);
    const path = `${this.path}${this.#locale()}`;
    void follow({ api, path, signal: this.#stream.signal, onEvent, onLink });
  }

  close() {
    this.#closed = true;
    this.#stream.abort();
    this.offLanguage();
  }

  /** Titles come from the lab, in the language of the page. */
  setTitles(objectives) {
    this.#titles = new Map(objectives.map(({ id, title }) => [id, title]));
    this.#draw();
  }

  async check() {
    const answer = await this.o.api.post(`${this.path}/check${this.#locale()}`, {});
    this.show(answer?.objectives ? answer : await this.o.api.get(`${this.path}${this.#locale()}`));
    announce(t('checked', { n: percentOf(this.progress.score) }));
  }

  show(progress) {
    if (this.#closed) return;
    const first = this.progress === undefined;
    this.progress = progress;
    this.#draw();
    const changed = progress.objectives.filter(({ id, state }) => this.#states.get(id) !== state);
    for (const { id, state } of progress.objectives) this.#states.set(id, state);
    // What unblocks or waits needs no words; neither does what was so before the page came.
    const news = changed.filter(({ state }) => !['blocked', 'pending'].includes(state));
    if (first || news.length === 0) return;
    const words = news.map(({ id, state, title }) =>
      t('changed', { title: this.#title(id, title), state: t(`state_${state}`) }),
    );
    announce([...words, t('scoreNow', { n: percentOf(progress.score) })].join(' '));
  }

  #locale() {
    return `?locale=${language()}`;
  }

  #title(id, fallback = id) {
    return this.#titles.get(id) ?? fallback;
  }

  #draw() {
    if (!this.progress) return;
    const { objectives, leftOut = [], score, passed } = this.progress;
    // No part of this run: shown, with the reason, so that nobody looks for them.
    const away = leftOut.map((o) => ({ ...o, state: 'left-out', explanation: { text: o.reason } }));
    for (const objective of [...objectives, ...away]) {
      let row = this.#rows.get(objective.id);
      if (!row) {
        row = new ObjectiveRow(
          objective.id,
          (n) => void this.#ask(`objectives/${objective.id}/hints/${n}`),
          () => void this.#ask(`objectives/${objective.id}/retry`),
        );
        this.#rows.set(objective.id, row);
        byId('objective-list').append(row.element);
      }
      row.show(objective, this.#title(objective.id, objective.title), (id) => this.#title(id));
    }
    const percent = percentOf(score);
    const bar = byId('score-bar');
    bar.style.setProperty('--done', `${percent}%`);
    bar.setAttribute('aria-valuenow', String(percent));
    bar.setAttribute('aria-valuetext', t('score', score));
    setText(byId('score-percent'), t('percent', { n: percent }));
    setText(
      byId('score-points'),
      t('score', { points: Math.round(score.points * 100) / 100, max: score.max }),
    );
    byId('score-passed').hidden = !passed;
    this.#note();
  }

  /** When results are shown, and whether they stand. */
  #note() {
    const { feedback, frozenAt, provisional, shownAt } = this.progress;
    const time = shownAt && new Date(shownAt).toLocaleTimeString(language(), { timeStyle: 'medium' });
    const waiting = feedback === 'on-check' ? 'feedbackOnCheck' : 'feedbackAfter';
    let text = '';
    if (provisional) text = t('provisional');
    else if (frozenAt) text = t('frozen');
    else if (feedback === 'on-check' && time) text = t('feedbackShown', { time });
    else if (feedback && feedback !== 'live') text = t(waiting);
    setText(byId('feedback-note'), text);
    byId('check').hidden = Boolean(frozenAt) || feedback === 'after-freeze';
  }

  /** Asks for something whose answer is the progress. */
  async #ask(what) {
    try {
      const answer = await this.o.api.post(`${this.path}/${what}${this.#locale()}`, {});
      this.show(answer?.objectives ? answer : await this.o.api.get(`${this.path}${this.#locale()}`));
    } catch (error) {
      toast(error.message, 'error');
    }
  }
}
