import { toast } from './announce.js';
import { byId } from './dom.js';

/**
 * What a button does: one press at a time; what goes wrong is said in words.
 * @param {string} id of the button
 * @param {() => unknown} action
 * @param {AbortSignal} signal
 */
export function onPress(id, action, signal) {
  const button = byId(id);
  const press = async () => {
    if (button.getAttribute('aria-disabled') === 'true') return;
    button.setAttribute('aria-disabled', 'true');
    try {
      await action();
    } catch (error) {
      toast(error.message, 'error');
    } finally {
      button.removeAttribute('aria-disabled');
    }
  };
  button.addEventListener('click', () => void press(), { signal });
}
