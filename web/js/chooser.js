import { byId, el } from './dom.js';
import { language, t } from './i18n.js';

/**
 * Shows the labs as cards.
 * @param {object} o
 * @param {import('./api.js').Api} o.api
 * @param {Map<string, any>} o.living sandboxes by lab
 * @param {(slug: string) => void} o.onOpen
 */
export async function showChooser({ api, living, onOpen }) {
  const { items } = await api.get(`/v1/labs?locale=${language()}`);
  const list = byId('lab-list');
  list.replaceChildren(...items.map((lab) => card(lab, living.has(lab.slug), onOpen)));
  byId('lab-none').hidden = items.length > 0;
}

function card(lab, running, onOpen) {
  const { slug, title, summary, durationMs } = lab;
  const facts = [t('minutes', { n: Math.round(durationMs / 60_000) })];
  return el(
    'li',
    { class: 'card', lang: lab.locale },
    el('h2', { text: title }),
    el('p', { class: 'card-summary', text: summary ?? '' }),
    el(
      'div',
      { class: 'card-foot' },
      el('span', { class: 'card-facts', text: facts.join(' · ') }),
      running ? el('span', { class: 'badge', text: t('running') }) : null,
      el('button', {
        type: 'button',
        class: 'primary',
        'data-lab': slug,
        'aria-label': `${t(running ? 'continue' : 'start')}: ${title}`,
        text: t(running ? 'continue' : 'start'),
        onclick: () => onOpen(slug),
      }),
    ),
  );
}
