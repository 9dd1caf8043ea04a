import { announce, toast } from './announce.js';
import { el } from './dom.js';
import { t } from './i18n.js';
import { icon } from './icons.js';

/** A page without TLS, away from localhost, has no clipboard API. */
function copyBySelection(text) {
  const area = el('textarea', { class: 'offscreen', 'aria-hidden': 'true' });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/**
 * A button that puts text into the clipboard.
 * @param {() => string} text
 */
export function copyButton(text) {
  const label = el('span', { text: t('copy') });
  const button = el('button', { type: 'button', class: 'copy' }, icon('copy'), label);
  button.addEventListener('click', async () => {
    if (!(await copy(text()))) return toast(t('copyFailed'), 'error');
    label.textContent = t('copied');
    announce(t('copied'));
    button.focus();
    setTimeout(() => (label.textContent = t('copy')), 2000);
  });
  return button;
}
