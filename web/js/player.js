import { Terminal } from '../vendor/xterm/lib/xterm.mjs';
import { CastPlayer } from './cast-player.js';
import { parseCast } from './cast.js';
import { byId, el, setText } from './dom.js';
import { language, onLanguage, setLanguage, t, translatePage } from './i18n.js';
import { FONT, THEME } from './terminal-theme.js';

/** The link's parts; the token leaves the address at once, so that it is not shown or passed on. */
function readLink() {
  const { terminal, token } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  history.replaceState(null, '', terminal ? `#terminal=${encodeURIComponent(terminal)}` : location.pathname);
  return { terminal, token };
}

const clock = (ms) => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}`;

async function load({ terminal, token }) {
  if (!terminal || !token) throw new Error(t('playerOpen'));
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`/v1/terminals/${encodeURIComponent(terminal)}/recording`, { headers });
  if (!answer.ok) throw new Error(t('playerNone'));
  return parseCast(await answer.text());
}

function show(cast) {
  const term = new Terminal({
    fontFamily: FONT,
    fontSize: 14,
    theme: THEME,
    disableStdin: true,
    scrollback: 5000,
  });
  term.open(byId('player-screen'));
  const player = new CastPlayer(cast, term);
  const toggle = byId('player-toggle');
  const position = /** @type {HTMLInputElement} */ (byId('player-position'));
  const speed = /** @type {HTMLSelectElement} */ (byId('player-speed'));
  position.max = String(cast.duration);
  const draw = () => {
    setText(toggle, t(player.playing ? 'playerPause' : 'playerPlay'));
    position.value = String(player.position);
    setText(byId('player-time'), `${clock(player.position)} / ${clock(cast.duration)}`);
  };
  player.onChange = draw;
  onLanguage(draw);
  toggle.onclick = () => (player.playing ? player.pause() : player.play());
  position.oninput = () => player.seek(Number(position.value));
  speed.onchange = () => (player.speed = Number(speed.value));
  const markers = cast.events.filter(({ code }) => code === 'm');
  byId('player-markers').hidden = markers.length === 0;
  byId('player-marker-list').append(
    ...markers.map(({ at, data }) =>
      el(
        'li',
        {},
        el('button', { type: 'button', text: `${clock(at)} ${data}`, onclick: () => player.seek(at) }),
      ),
    ),
  );
  if (cast.title) document.title = cast.title;
  byId('player').hidden = false;
  draw();
}

const select = /** @type {HTMLSelectElement} */ (byId('language'));
select.value = language();
select.onchange = () => setLanguage(/** @type {'en' | 'fr'} */ (select.value));
translatePage();
try {
  show(await load(readLink()));
} catch (error) {
  setText(byId('player-error'), error.message);
  byId('player-error').hidden = false;
}
