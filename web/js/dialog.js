import { byId } from './dom.js';
import { t } from './i18n.js';

/**
 * Asks before something is deleted. The safe answer has the focus.
 * @param {{title: string, text: string, confirm: string}} keys keys of the texts
 * @returns {Promise<boolean>}
 */
export function confirmed(keys) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('confirm'));
  byId('confirm-title').textContent = t(keys.title);
  byId('confirm-text').textContent = t(keys.text);
  byId('confirm-yes').textContent = t(keys.confirm);
  dialog.returnValue = '';
  dialog.showModal();
  byId('confirm-no').focus();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}
