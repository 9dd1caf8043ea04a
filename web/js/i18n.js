import { boardEn } from './board/text-en.js';
import { boardFr } from './board/text-fr.js';
import { en } from './text-en.js';
import { fr } from './text-fr.js';

const KEY = 'wheelhouse.lang';
const TEXTS = { en: { ...en, ...boardEn }, fr: { ...fr, ...boardFr } };
/** @type {Set<() => void>} */
const listeners = new Set();

function chosen() {
  const asked = new URLSearchParams(location.search).get('lang');
  const wished = [asked, localStorage.getItem(KEY), ...navigator.languages.map((l) => l.slice(0, 2))];
  return /** @type {'en' | 'fr'} */ (wished.find((l) => l !== null && l in TEXTS) ?? 'en');
}

let current = chosen();

/** @returns {'en' | 'fr'} */
export function language() {
  return current;
}

/**
 * The text of a key in the learner's language; `{name}` is replaced by the parameter of that name.
 * @param {keyof typeof en} key
 * @param {Record<string, string | number>} [params]
 */
export function t(key, params = {}) {
  const text = TEXTS[current][key] ?? TEXTS.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(params[name] ?? whole));
}

/** @param {() => void} listener called after each change of language */
export function onLanguage(listener) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** @param {'en' | 'fr'} lang */
export function setLanguage(lang) {
  current = lang;
  localStorage.setItem(KEY, lang);
  translatePage();
  for (const listener of listeners) listener();
}

/** Fills in every text that stands in learner.html: data-t for content, data-t-label for the accessible name. */
export function translatePage() {
  document.documentElement.lang = current;
  for (const node of document.querySelectorAll('[data-t]')) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll('[data-t-label]')) {
    node.setAttribute('aria-label', t(node.dataset.tLabel));
  }
  for (const node of document.querySelectorAll('[data-t-title]')) node.title = t(node.dataset.tTitle);
}
