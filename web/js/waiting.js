import { byId, setText } from './dom.js';
import { language, t } from './i18n.js';

function eta(seconds) {
  const format = (value, unit) =>
    new Intl.NumberFormat(language(), { style: 'unit', unit, unitDisplay: 'long' }).format(value);
  return seconds < 90 ? format(Math.max(1, seconds), 'second') : format(Math.ceil(seconds / 60), 'minute');
}

/**
 * What the learner reads while the machine is made, or while none is free.
 * @param {{position: number, etaSeconds: number | null} | null | undefined} queue
 */
export function showWaiting(queue) {
  setText(byId('waiting-title'), queue ? t('queued', queue) : t('preparing'));
  const known = queue && queue.etaSeconds !== null;
  setText(byId('waiting-text'), known ? t('queuedEta', { eta: eta(queue.etaSeconds) }) : '');
  byId('waiting-cancel').hidden = !queue;
}
