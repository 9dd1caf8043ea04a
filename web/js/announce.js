import { byId, el } from './dom.js';
import { t } from './i18n.js';

/** Says something to screen readers without moving the focus. */
export function announce(text) {
  // A new element each time: the same sentence twice is then read twice.
  const region = byId('live');
  region.append(el('p', { text }));
  while (region.childElementCount > 5) region.firstElementChild?.remove();
}

/**
 * A visible message at the edge of the page; it is also read aloud.
 * @param {string} text
 * @param {'info' | 'error' | 'message'} [kind] errors and messages of people stay until dismissed or replaced
 */
export function toast(text, kind = 'info') {
  const region = byId(kind === 'error' ? 'alerts' : 'notices');
  const close = () => box.remove();
  const box = el(
    'div',
    { class: `toast toast-${kind}` },
    el('p', { text }),
    el('button', {
      type: 'button',
      class: 'toast-close',
      'aria-label': t('dismiss'),
      text: '×',
      onclick: close,
    }),
  );
  region.replaceChildren(box);
  if (kind === 'info') setTimeout(close, 8000);
}

/** Forgets messages of an earlier view. */
export function clearToasts() {
  byId('alerts').replaceChildren();
  byId('notices').replaceChildren();
}
