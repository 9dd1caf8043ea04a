import { byId, el, setText } from '../dom.js';
import { t } from '../i18n.js';
import { RowView } from './row-view.js';
import { has, isShown, sorted, SORTS } from './rows.js';

const COLUMNS = ['name', 'group', 'current', 'strip', 'score', 'attempts', 'hints', 'activity', 'actions'];
const TICK_MS = 15_000;
/** Rows keep their place for so long, so that none jumps away under the pointer. */
const RESORT_MS = 2000;

/** The table of learners. Changes are gathered and drawn once per frame; rows that stay the same are not touched. */
export class Table {
  /** @type {Map<string, RowView>} */
  #views = new Map();
  #dirty = new Set();
  #frame = 0;
  #resort = 0;
  #order = { by: 'name', down: false };
  #wish = { q: '', mark: '', group: '', lab: '' };
  #body = byId('board-body');
  #all = /** @type {HTMLInputElement} */ (
    el('input', { type: 'checkbox', onchange: () => this.#selectShown() })
  );

  /** @param {{rows: import('./rows.js').Rows, now(): number, onWatch(row: any): void, onLower(row: any): void}} o */
  constructor(o) {
    this.o = o;
    this.head();
    this.timer = setInterval(() => this.#tick(), TICK_MS);
  }

  close() {
    clearInterval(this.timer);
    clearTimeout(this.#resort);
    cancelAnimationFrame(this.#frame);
    this.#body.replaceChildren();
  }

  /** @param {'all' | string[]} keys */
  changed(keys) {
    if (keys === 'all') {
      this.#views.clear();
      this.#body.replaceChildren();
    } else for (const key of keys) this.#dirty.add(key);
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  /** @param {Partial<{q: string, mark: string, group: string, lab: string}>} wish */
  filter(wish) {
    Object.assign(this.#wish, wish);
    this.#place();
  }

  /** Everything in another language. */
  redraw() {
    this.head();
    this.changed('all');
    this.changed([...this.o.rows.byKey.keys()]);
  }

  /** Sandboxes of those who are selected and whose machine runs. */
  selected() {
    return [...this.#views.values()].filter((v) => v.check.checked && v.element.isConnected && v.runs);
  }

  head() {
    this.#all.setAttribute('aria-label', t('selectAll'));
    byId('board-head').replaceChildren(
      el('th', { class: 'c-select', role: 'columnheader' }, this.#all),
      ...COLUMNS.map((name) => this.#heading(name)),
    );
  }

  #heading(name) {
    const column = t(`col_${name}`);
    const { by, down } = this.#order;
    const sort = by === name ? (down ? 'descending' : 'ascending') : 'none';
    if (!(name in SORTS)) return el('th', { class: `c-${name}`, role: 'columnheader', text: column });
    return el(
      'th',
      { class: `c-${name}`, role: 'columnheader', 'aria-sort': sort },
      el('button', {
        type: 'button',
        title: t('sortBy', { column }),
        text: sort === 'none' ? column : `${column} ${down ? '↓' : '↑'}`,
        onclick: () => this.#sort(name),
      }),
    );
  }

  #sort(by) {
    this.#order = { by, down: this.#order.by === by ? !this.#order.down : by !== 'name' && by !== 'group' };
    this.head();
    this.#place();
    byId('board-head').querySelector(`.c-${by} button`)?.focus();
  }

  #draw() {
    this.#frame = 0;
    const { rows } = this.o;
    const now = this.o.now();
    let placed = true;
    for (const key of this.#dirty) {
      const row = rows.byKey.get(key);
      let view = this.#views.get(key);
      if (!row) {
        view?.element.remove();
        this.#views.delete(key);
        continue;
      }
      if (!view) {
        view = new RowView(key, { ...this.o, onSelect: () => this.count() });
        this.#views.set(key, view);
        placed = false;
      }
      view.show(row, rows.objectivesOf(row), now);
      placed &&= isShown(row, this.#wish) === view.element.isConnected;
    }
    this.#dirty.clear();
    if (!placed) this.#place();
    else if (this.#resort === 0) this.#resort = setTimeout(() => this.#place(), RESORT_MS);
    this.count();
  }

  /** Who is shown, in which order; what stands where it belongs is not moved. */
  #place() {
    clearTimeout(this.#resort);
    this.#resort = 0;
    const views = [...this.#views.values()].filter((view) => view.row);
    for (const view of views) if (!isShown(view.row, this.#wish)) view.element.remove();
    const shown = sorted(
      views.map(({ row }) => row).filter((row) => isShown(row, this.#wish)),
      this.#order,
    );
    let at = this.#body.firstElementChild;
    for (const { key } of shown) {
      const { element } = this.#views.get(key);
      if (element === at) at = at.nextElementSibling;
      else this.#body.insertBefore(element, at);
    }
    this.count();
  }

  #tick() {
    const now = this.o.now();
    for (const view of this.#views.values()) view.tick(now);
  }

  #selectShown() {
    for (const { check, element } of this.#views.values())
      if (element.isConnected) check.checked = this.#all.checked;
    this.count();
  }

  count() {
    const rows = [...this.o.rows.byKey.values()];
    const of = (mark) => rows.filter((row) => has(mark, row)).length;
    const numbers = { shown: this.#body.childElementCount, all: rows.length };
    const marks = { connected: of('connected'), hands: of('hand'), stuck: of('stuck') };
    setText(byId('counts'), t('counts', { ...numbers, ...marks }));
    setText(byId('selected'), t('selectedN', { n: this.selected().length }));
  }
}
