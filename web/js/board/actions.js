import { toast } from '../announce.js';
import { confirmed } from '../dialog.js';
import { byId, setText } from '../dom.js';
import { t } from '../i18n.js';
import { onPress } from '../press.js';

/**
 * The buttons that act on all who are selected.
 * @param {object} o
 * @param {import('../api.js').Api} o.api
 * @param {string} o.cohort
 * @param {import('./table.js').Table} o.table
 * @param {AbortSignal} o.signal
 */
export function bindBulk(o) {
  const { signal } = o;
  onPress('act-extend', () => act(o, { action: 'extend' }), signal);
  onPress('act-lower-hand', () => act(o, { action: 'lower-hand' }), signal);
  onPress('act-reset', () => reset(o), signal);
  onPress('act-message', () => message(o), signal);
}

/** How far an action has come, as the board's stream tells. */
export function showProgress({ done, total }) {
  const bar = /** @type {HTMLProgressElement} */ (byId('act-progress'));
  bar.max = Math.max(1, total);
  bar.value = done;
  bar.hidden = done >= total;
  if (done < total) setText(byId('act-text'), t('actRunning', { done, total }));
}

/** @param {string[]} [sandboxes] in place of those who are selected */
export async function act({ api, cohort, table }, wish, sandboxes) {
  const targets = sandboxes ?? table.selected().map(({ row }) => row.sandboxId);
  if (targets.length === 0) return toast(t('actNobody'), 'error');
  const { succeeded, failed, results } = await api.post(`/v1/cohorts/${cohort}/actions`, {
    ...wish,
    sandboxes: targets,
  });
  const why = [...new Set(results.filter(({ ok }) => !ok).map(({ detail }) => detail))].slice(0, 3).join(' ');
  const text = failed === 0 ? t('actDone', { n: succeeded }) : t('actPartly', { n: succeeded, failed, why });
  byId('act-progress').hidden = true;
  setText(byId('act-text'), text);
  if (failed > 0) toast(text, 'error');
}

async function reset(o) {
  if (o.table.selected().length === 0) return toast(t('actNobody'), 'error');
  const keys = { title: 'bulkResetTitle', text: 'bulkResetText', confirm: 'bulkResetConfirm' };
  if (await confirmed(keys)) await act(o, { action: 'reset' });
}

async function message(o) {
  if (o.table.selected().length === 0) return toast(t('actNobody'), 'error');
  const dialog = /** @type {HTMLDialogElement} */ (byId('message'));
  const field = /** @type {HTMLTextAreaElement} */ (byId('message-text'));
  field.value = '';
  dialog.returnValue = '';
  dialog.showModal();
  field.focus();
  await new Promise((resolve) => dialog.addEventListener('close', resolve, { once: true }));
  const text = field.value.trim();
  if (dialog.returnValue === 'yes' && text !== '') await act(o, { action: 'message', text });
}
