import { clearToasts } from './announce.js';
import { byId } from './dom.js';
import { onLanguage, t } from './i18n.js';

let forget = () => {};

/**
 * Fills the view of a lab that is over.
 * @param {object} o
 * @param {{code: string} | null | undefined} o.failure why, unless the learner ended it
 * @param {number | null} o.percent
 * @param {() => void} o.onAgain
 * @param {() => void} o.onLabs
 */
export function fillEnded({ failure, percent, onAgain, onLabs }) {
  const lost = failure && failure.code !== 'sandbox_expired';
  const fill = () => {
    byId('ended-title').textContent = t(lost ? 'lostTitle' : 'endedTitle');
    byId('ended-text').textContent = t(lost ? 'lostText' : failure ? 'expiredText' : 'releasedText');
    byId('ended-score').textContent = percent === null ? '' : t('lastScore', { n: percent });
  };
  fill();
  forget();
  forget = onLanguage(fill);
  byId('ended-again').onclick = onAgain;
  byId('ended-labs').onclick = onLabs;
  clearToasts();
}
