import { toast } from '../announce.js';
import { byId, el, setText } from '../dom.js';
import { language, t } from '../i18n.js';
import { onPress } from '../press.js';
import { follow } from '../sse.js';
import { act, bindBulk, showProgress } from './actions.js';
import { MARKS, Rows } from './rows.js';
import { Table } from './table.js';
import { watchTerminals } from './watch.js';

/** One cohort on the page: its stream, its table, its filters and its buttons. */
export class BoardView {
  #stop = new AbortController();
  #rows = new Rows();
  #filled = '';

  /**
   * @param {object} o
   * @param {import('../api.js').Api} o.api
   * @param {string} o.cohort
   * @param {import('../link-state.js').LinkState} o.link
   */
  constructor(o) {
    this.o = o;
    const { api, cohort } = o;
    this.table = new Table({
      rows: this.#rows,
      now: () => Date.now() + api.skewMs,
      onWatch: (row) => void this.#try(() => watchTerminals(api, row)),
      onLower: (row) => void this.#try(() => act(this.#scope, { action: 'lower-hand' }, [row.sandboxId])),
    });
    bindBulk(this.#scope);
    this.#bindFilters();
    onPress('export', () => this.#export(), this.#stop.signal);
    void follow({
      api,
      path: `/v1/cohorts/${cohort}/board?locale=${language()}`,
      signal: this.#stop.signal,
      onEvent: (type, data) => this.#take(type, data),
      onLink: (live) => o.link.set('board', live),
    });
  }

  close() {
    this.#stop.abort();
    this.table.close();
    this.o.link.forget();
  }

  get #scope() {
    const { api, cohort } = this.o;
    return { api, cohort, table: this.table, signal: this.#stop.signal };
  }

  #take(type, data) {
    if (type === 'action') return showProgress(data);
    this.table.changed(this.#rows.take(type, data));
    if (type !== 'snapshot' && type !== 'rows') return;
    setText(byId('cohort-title'), this.#rows.cohort.title);
    document.title = `${this.#rows.cohort.title} · Wheelhouse`;
    this.#fillFilters();
  }

  #bindFilters() {
    const { signal } = this.#stop;
    const on = (id, name, event) =>
      byId(id).addEventListener(
        event,
        () => this.table.filter({ [name]: /** @type {HTMLInputElement} */ (byId(id)).value }),
        { signal },
      );
    on('search', 'q', 'input');
    for (const id of ['mark', 'group', 'lab']) on(id, id, 'change');
    this.#fillFilters();
  }

  #fillFilters() {
    const groups = this.#rows.groups();
    const text = JSON.stringify([groups, this.#rows.labs, language()]);
    if (text === this.#filled) return;
    this.#filled = text;
    fill('mark', [['', t('mark_all')], ...MARKS.map((mark) => [mark, t(`mark_${mark}`)])]);
    fill('group', [['', t('all')], ...groups.map((group) => [group, group])]);
    fill('lab', [['', t('all')], ...this.#rows.labs.map(({ slug, title }) => [slug, title])]);
  }

  async #export() {
    const { api, cohort } = this.o;
    const response = await api.open(`/v1/cohorts/${cohort}/export?format=csv&locale=${language()}`);
    const href = URL.createObjectURL(await response.blob());
    el('a', { href, download: `${this.#rows.cohort.slug}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
  }

  async #try(step) {
    try {
      await step();
    } catch (error) {
      toast(error.message, 'error');
    }
  }
}

function fill(id, options) {
  const select = /** @type {HTMLSelectElement} */ (byId(id));
  const { value } = select;
  select.replaceChildren(...options.map(([key, text]) => el('option', { value: key, text })));
  select.value = options.some(([key]) => key === value) ? value : '';
}
