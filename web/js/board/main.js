import { toast } from '../announce.js';
import { Api, ApiError } from '../api.js';
import { byId, el } from '../dom.js';
import { language, onLanguage, setLanguage, t, translatePage } from '../i18n.js';
import { LinkState } from '../link-state.js';
import { LearnerToken } from '../token.js';
import { BoardView } from './board.js';

const VIEWS = ['cohorts', 'over', 'board'];

const token = new LearnerToken();
const api = new Api(token);
const link = new LinkState();
/** @type {BoardView | undefined} */
let board;

function showView(name) {
  for (const view of VIEWS) byId(`view-${view}`).hidden = view !== name;
  byId('cohort-title').hidden = name !== 'board';
}

/** `#token=…&cohort=…`: the token leaves the address at once. */
function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const given = asked.get('token');
  if (given) token.set(given);
  const cohort = asked.get('cohort');
  if (given) setAddress(cohort);
  return cohort;
}

function setAddress(cohort) {
  history.replaceState(
    null,
    '',
    `${location.pathname}${location.search}${cohort ? `#cohort=${cohort}` : ''}`,
  );
}

function open(cohort) {
  board?.close();
  setAddress(cohort);
  board = new BoardView({ api, cohort, link });
  showView('board');
}

async function choose() {
  board?.close();
  board = undefined;
  setAddress(null);
  document.title = 'Wheelhouse';
  const { items } = await api.get('/v1/cohorts?limit=200');
  byId('cohort-list').replaceChildren(...items.map(card));
  byId('cohorts-none').hidden = items.length > 0;
  showView('cohorts');
}

function card({ slug, title, phase, opensAt }) {
  const time = opensAt
    ? new Date(opensAt).toLocaleString(language(), { dateStyle: 'medium', timeStyle: 'short' })
    : '';
  return el(
    'li',
    { class: 'card' },
    el('h2', { text: title }),
    el('p', { class: 'card-summary', text: t(`phase_${phase}`, { time }) }),
    el(
      'div',
      { class: 'card-foot' },
      el('button', {
        type: 'button',
        class: 'primary',
        'data-cohort': slug,
        'aria-label': `${t('cohortOpen')}: ${title}`,
        text: t('cohortOpen'),
        onclick: () => open(slug),
      }),
    ),
  );
}

async function guard(step) {
  try {
    await step();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401 || error.status === 403) return showView('over');
    toast(error.message, 'error');
    if (error.status === 404) await choose();
  }
}

async function route() {
  const cohort = readAddress();
  if (!token.value) return showView('over');
  if (!cohort) return choose();
  // A stream that is refused says nothing; this does.
  await api.get(`/v1/cohorts/${cohort}`);
  open(cohort);
}

translatePage();
const select = /** @type {HTMLSelectElement} */ (byId('language'));
select.value = language();
select.addEventListener('change', () => setLanguage(/** @type {'en' | 'fr'} */ (select.value)));
// Titles of objectives come in the language that was asked for.
onLanguage(() => void guard(route));
byId('home').addEventListener('click', () => void guard(choose));
token.onOver = () => {
  board?.close();
  showView('over');
};
addEventListener('hashchange', () => void guard(route));
void guard(route);
