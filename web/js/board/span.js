import { t } from '../i18n.js';

/** A length of time in words, no more exact than anybody cares for. @param {number} ms */
export function span(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return t('seconds', { n: seconds });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return t('minutesShort', { n: minutes });
  return t('hoursShort', { h: Math.floor(minutes / 60), m: minutes % 60 });
}
