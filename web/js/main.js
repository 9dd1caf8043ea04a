import { readAddress, setAddress } from './address.js';
import { toast } from './announce.js';
import { Api, ApiError } from './api.js';
import { showChooser } from './chooser.js';
import { byId } from './dom.js';
import { fillEnded } from './ended.js';
import { language, onLanguage, setLanguage, t, translatePage } from './i18n.js';
import { LinkState } from './link-state.js';
import { LearnerToken } from './token.js';
import { Workspace } from './workspace.js';

const VIEWS = ['chooser', 'waiting', 'workspace', 'ended', 'over'];
const LIVING = new Set(['queued', 'provisioning', 'ready', 'paused']);

const token = new LearnerToken();
const api = new Api(token);
const link = new LinkState();
/** @type {Workspace | undefined} */
let workspace;

function showView(name) {
  for (const view of VIEWS) byId(`view-${view}`).hidden = view !== name;
  byId('lab-actions').hidden = name !== 'workspace';
  byId('lab-title').hidden = name !== 'workspace' && name !== 'waiting';
  document.body.dataset.view = name;
}

async function living() {
  const { items } = await api.get('/v1/sandboxes?limit=50');
  return new Map(items.filter(({ state }) => LIVING.has(state)).map((sandbox) => [sandbox.lab, sandbox]));
}

async function choose() {
  workspace?.close();
  workspace = undefined;
  setAddress(null);
  document.title = 'Wheelhouse';
  await showChooser({ api, living: await living(), onOpen: (slug) => void guard(() => open(slug)) });
  showView('chooser');
}

/** Opens a lab in the machine that runs already, else in a new one. */
async function open(slug) {
  workspace?.close();
  setAddress(slug);
  const onEnded = (ended) => showEnded(slug, ended);
  workspace = new Workspace({ api, slug, link, onView: showView, onEnded });
  await workspace.open((await living()).get(slug));
}

function showEnded(slug, ended) {
  workspace = undefined;
  setAddress(null);
  const onAgain = () => void guard(() => open(slug));
  fillEnded({ ...ended, onAgain, onLabs: () => void guard(choose) });
  showView('ended');
  byId('ended-title').focus();
}

/** Runs a step of the page; what cannot be done is said, and the list of labs is the way back. */
async function guard(step) {
  try {
    await step();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) return showView('over');
    toast(error.message, 'error');
    const stuck = document.body.dataset.view === 'waiting' || document.body.dataset.view === undefined;
    if (stuck && error.code !== 'network') await choose().catch(() => showView('chooser'));
  }
}

/** Moves the focus without touching the address, which belongs to the lab. */
function leap(event) {
  event.preventDefault();
  const id = event.currentTarget.hash.slice(1);
  if (id === 'terminal-panes') workspace?.terminals?.focus();
  else byId(id).focus();
}

async function start() {
  translatePage();
  const select = /** @type {HTMLSelectElement} */ (byId('language'));
  select.value = language();
  select.addEventListener('change', () => setLanguage(/** @type {'en' | 'fr'} */ (select.value)));
  onLanguage(() => {
    if (workspace) void guard(() => workspace.loadLab());
    else if (document.body.dataset.view === 'chooser') void guard(choose);
  });
  for (const skip of document.querySelectorAll('.skip a')) skip.addEventListener('click', leap);
  byId('home').addEventListener('click', () => void guard(choose));
  token.onOver = () => {
    workspace?.close();
    showView('over');
  };
  addEventListener('hashchange', () => void guard(route));
  await guard(route);
}

async function route() {
  const { slug, fresh } = readAddress(token);
  if (!token.value) return showView('over');
  // A reload finds its machine again, but never starts one by itself.
  if (slug && (fresh || (await living()).has(slug))) await open(slug);
  else await choose();
}

void start();
