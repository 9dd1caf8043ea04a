import { copyButton } from './clipboard.js';
import { byId, el } from './dom.js';

/** Long lines scroll sideways, which must be possible from the keyboard; short ones are no stop of the Tab key. */
const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute('tabindex');
  }
});

/**
 * Shows the instructions. The HTML comes from the service, which lets no markup of authors through.
 * @param {string} html
 */
export function showInstructions(html) {
  const body = byId('instructions-body');
  widths.disconnect();
  body.innerHTML = html;
  for (const pre of body.querySelectorAll('pre')) {
    const frame = el('div', { class: 'code' });
    pre.replaceWith(frame);
    widths.observe(pre);
    frame.append(pre);
    // Drawings and output have no language: there is nothing in them to run.
    const isCommand = pre.querySelector('code[class^="language-"]') !== null;
    if (isCommand) frame.append(copyButton(() => pre.textContent.replace(/\n+$/, '')));
  }
  // The page has its own h1 and h2.
  for (const heading of body.querySelectorAll('h1, h2, h3')) {
    const level = Math.min(6, Number(heading.tagName[1]) + 2);
    heading.setAttribute('role', 'heading');
    heading.setAttribute('aria-level', String(level));
  }
  for (const table of body.querySelectorAll('table')) {
    const frame = el('div', { class: 'table' });
    table.replaceWith(frame);
    frame.append(table);
  }
}
