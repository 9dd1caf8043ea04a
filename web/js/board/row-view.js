import { el, setText } from '../dom.js';
import { t } from '../i18n.js';
import { span } from './span.js';
import { STUCK_FROM } from './rows.js';

/** A shape for each state, so that colour is never needed. */
const GLYPHS = {
  blocked: '·',
  pending: '○',
  holding: '◔',
  passed: '✓',
  regressed: '↺',
  failed: '×',
  error: '!',
};
const RUNNING = new Set(['ready', 'paused']);
const COMING = new Set(['queued', 'provisioning']);

/** One line of the table; only what differs is written to the page. */
export class RowView {
  #name = el('span');
  #tags = el('span');
  #group = el('td', { role: 'cell', class: 'c-group' });
  #current = el('td', { role: 'cell', class: 'c-current' });
  #strip = el('span', { class: 'strip', role: 'img' });
  #score = el('td', { role: 'cell', class: 'c-score' });
  #attempts = el('td', { role: 'cell', class: 'c-attempts' });
  #hints = el('td', { role: 'cell', class: 'c-hints' });
  #activity = el('td', { role: 'cell', class: 'c-activity muted' });
  #told = '';
  /** @type {any} */
  row;

  /** @param {{onSelect(): void, onWatch(row: any): void, onLower(row: any): void}} o */
  constructor(key, o) {
    this.check = /** @type {HTMLInputElement} */ (el('input', { type: 'checkbox', onchange: o.onSelect }));
    this.watch = el('button', { type: 'button', text: t('watch'), onclick: () => o.onWatch(this.row) });
    this.lower = el('button', { type: 'button', text: t('lower'), onclick: () => o.onLower(this.row) });
    this.element = el(
      'tr',
      { 'data-key': key, role: 'row' },
      el('td', { role: 'cell', class: 'c-select' }, this.check),
      el('th', { class: 'c-name', role: 'rowheader' }, this.#name, this.#tags),
      this.#group,
      this.#current,
      el('td', { role: 'cell', class: 'c-strip' }, this.#strip),
      this.#score,
      this.#attempts,
      this.#hints,
      this.#activity,
      el('td', { role: 'cell', class: 'c-actions' }, this.watch, ' ', this.lower),
    );
  }

  get runs() {
    return RUNNING.has(this.row.sandboxState);
  }

  /**
   * @param {any} row
   * @param {{id: string, title: string}[]} objectives
   * @param {number} now the server's time, ms
   */
  show(row, objectives, now) {
    this.row = row;
    setText(this.#name, row.name);
    this.check.setAttribute('aria-label', t('selectOne', { name: row.name }));
    setText(this.#group, row.group ?? '');
    setText(this.#attempts, row.sandboxId ? String(row.attempts) : '');
    setText(this.#hints, row.sandboxId ? String(row.hints) : '');
    setText(this.#score, row.score ? t('percent', { n: Math.round(row.score.fraction * 100) }) : '');
    this.#showCurrent(row, objectives);
    this.#showStrip(row, objectives);
    this.#showTags(row);
    this.element.dataset.hand = row.handRaisedAt ? 'yes' : 'no';
    this.watch.hidden = !this.runs;
    this.lower.hidden = row.handRaisedAt === null;
    this.watch.setAttribute('aria-label', t('watchOf', { name: row.name }));
    this.lower.setAttribute('aria-label', t('lowerOf', { name: row.name }));
    this.tick(now);
  }

  /** What changes with the time alone. */
  tick(now) {
    const { connected, lastActivityAt } = this.row;
    const ms = lastActivityAt === null ? null : Math.max(0, now - Date.parse(lastActivityAt));
    // Activity is told in steps; somebody who types is here now.
    const here = connected && ms !== null && ms < 60_000;
    const text = here ? t('connected') : ms === null ? '' : t('idleFor', { time: span(ms) });
    setText(this.#activity, connected ? `● ${text}` : text);
  }

  #showCurrent({ current, sandboxId, sandboxState, cells }, objectives) {
    const title = objectives.find(({ id }) => id === current?.objective)?.title;
    const done = Object.values(cells).every(({ state }) => state === 'passed');
    let text = title ?? '';
    if (sandboxId === null) text = t('notBegun');
    else if (COMING.has(sandboxState)) text = t('waiting');
    else if (done) text = t('finished');
    else if (!RUNNING.has(sandboxState)) text = t('ended');
    setText(this.#current, text);
    this.#current.title = text;
  }

  #showStrip({ cells }, objectives) {
    const known = objectives.filter(({ id }) => cells[id]);
    const text = JSON.stringify([cells, known.length, t('metOf')]);
    if (text === this.#told) return;
    this.#told = text;
    const parts = this.#strip.children;
    while (parts.length < known.length) this.#strip.append(el('span'));
    while (parts.length > known.length) this.#strip.lastChild.remove();
    known.forEach(({ id, title }, i) => {
      const { state, seconds, attempts } = cells[id];
      const part = /** @type {HTMLElement} */ (parts[i]);
      if (part.dataset.state !== state) {
        part.dataset.state = state;
        part.textContent = GLYPHS[state];
      }
      const words = { title, state: t(`state_${state}`), attempts };
      part.title =
        seconds === null ? t('cellTitle', words) : t('cellSeconds', { ...words, time: span(seconds * 1000) });
    });
    const met = known.filter(({ id }) => cells[id].state === 'passed').length;
    this.#strip.setAttribute('aria-label', t('metOf', { n: met, max: known.length }));
  }

  #showTags({ stuck, handRaisedAt, flags }) {
    const tags = [];
    if (handRaisedAt !== null) tags.push(['tag', t('handUp'), '']);
    if (stuck && stuck.score >= STUCK_FROM)
      tags.push(['tag tag-bad', t('stuck', { n: Math.round(stuck.score * 100) }), whyStuck(stuck)]);
    if (flags.length > 0) tags.push(['tag tag-bad', t('flag'), flags.join(', ')]);
    const text = JSON.stringify(tags);
    if (this.#tags.dataset.told === text) return;
    this.#tags.dataset.told = text;
    this.#tags.replaceChildren(
      ...tags.map(([name, words, why]) => el('span', { class: name, title: why, text: words })),
    );
  }
}

function whyStuck({ reasons, activeSeconds, limitSeconds }) {
  const times = { time: span(activeSeconds * 1000), limit: span(limitSeconds * 1000) };
  return reasons.map((reason) => t(`why_${reason}`, times)).join('; ');
}
