import { announce, toast } from './announce.js';
import { confirmed } from './dialog.js';
import { byId } from './dom.js';
import { language, t } from './i18n.js';
import { onPress } from './press.js';
import { showWaiting } from './waiting.js';

/**
 * Gives the buttons of the bar to the lab that is open.
 * @param {import('./workspace.js').Workspace} workspace
 * @param {AbortSignal} signal takes them away again
 */
export function bindActions(workspace, signal) {
  onPress('extend', () => extend(workspace), signal);
  onPress('reset', () => reset(workspace), signal);
  onPress('end', () => end(workspace), signal);
  onPress('hand', () => hand(workspace), signal);
  onPress('check', () => workspace.objectives?.check(), signal);
  onPress('waiting-cancel', () => release(workspace), signal);
}

const pathOf = ({ sandbox }) => `/v1/sandboxes/${sandbox.id}`;

/** @param {boolean} raised */
export function showHand(raised) {
  const button = byId('hand');
  button.setAttribute('aria-pressed', String(raised));
  button.title = t(raised ? 'handIsUp' : 'handTitle');
}

async function hand(workspace) {
  const raised = workspace.sandbox.handRaisedAt === null;
  const sandbox = await workspace.o.api.post(`${pathOf(workspace)}/raise-hand`, { raised });
  workspace.watch?.show(sandbox);
  announce(t(raised ? 'handIsUp' : 'handIsDown'));
}

async function extend(workspace) {
  const sandbox = await workspace.o.api.post(`${pathOf(workspace)}/extend`, {});
  workspace.watch?.show(sandbox);
  const time = new Date(sandbox.expiresAt).toLocaleTimeString(language(), { timeStyle: 'short' });
  toast(t('extended', { time }));
}

async function reset(workspace) {
  if (!(await confirmed({ title: 'resetTitle', text: 'resetText', confirm: 'confirmReset' }))) return;
  const { sandbox: old, o } = workspace;
  showWaiting(undefined);
  workspace.leave();
  o.onView('waiting');
  announce(t('preparing'));
  try {
    workspace.follow(await o.api.post(`/v1/sandboxes/${old.id}/reset`, {}));
  } catch (error) {
    workspace.follow(old);
    throw error;
  }
}

async function end(workspace) {
  if (await confirmed({ title: 'endTitle', text: 'endText', confirm: 'confirmEnd' }))
    await release(workspace);
}

async function release(workspace) {
  if (!workspace.sandbox) return;
  const ended = await workspace.o.api.delete(pathOf(workspace));
  workspace.watch?.show(ended ?? { state: 'released' });
}
