import { Terminal } from '../../vendor/xterm/lib/xterm.mjs';
import { byId, el, setText } from '../dom.js';
import { t } from '../i18n.js';
import { FONT, THEME } from '../terminal-theme.js';
import { openTty } from '../tty.js';

/**
 * Shows the terminals of a learner, who is told of it; nothing can be typed. Resolves when the instructor closes it.
 * @param {import('../api.js').Api} api
 * @param {any} row
 */
export async function watchTerminals(api, { name, sandboxId }) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('watch'));
  const { items } = await api.get(`/v1/sandboxes/${sandboxId}/terminals`);
  const open = items.filter(({ exit }) => exit === null);
  let close = () => {};
  const show = (terminal) => {
    close();
    for (const tab of byId('watch-tabs').children)
      tab.setAttribute('aria-pressed', String(tab.dataset.id === terminal.id));
    close = openOne(api, terminal);
  };
  setText(byId('watch-title'), t('watchTitle', { name }));
  setText(byId('watch-note'), t(open.length === 0 ? 'watchNone' : 'watchNote', { name }));
  byId('watch-tabs').replaceChildren(
    ...open.map((terminal) =>
      el('button', {
        type: 'button',
        'data-id': terminal.id,
        text: terminal.name,
        onclick: () => show(terminal),
      }),
    ),
  );
  byId('watch-close').onclick = () => dialog.close();
  dialog.showModal();
  if (open[0]) show(open[0]);
  await new Promise((resolve) => dialog.addEventListener('close', resolve, { once: true }));
  close();
}

function openOne(api, { id, cols, rows }) {
  const term = new Terminal({
    fontFamily: FONT,
    fontSize: 13,
    theme: THEME,
    minimumContrastRatio: 4.5,
    disableStdin: true,
    cols,
    rows,
  });
  const box = el('div');
  byId('watch-screen').replaceChildren(box);
  term.open(box);
  const client = openTty({
    api,
    terminalId: id,
    role: 'view',
    screen: {
      write: (bytes, done) => term.write(bytes, done),
      reset: () => term.write('\x1bc\x1b[3J'),
      resize: (width, height) => term.write('', () => term.resize(width, height)),
      size: () => ({ cols: term.cols, rows: term.rows }),
    },
    onState: (state) => {
      if (state === 'gone' || state === 'exited') setText(byId('watch-note'), t('watchEnded'));
    },
    onUnsent: () => {},
    onDriver: () => {},
    onPeers: () => {},
    onAttached: () => {},
    onNotice: () => {},
  });
  return () => {
    client.close();
    term.dispose();
    byId('watch-screen').replaceChildren();
  };
}
