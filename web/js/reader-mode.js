import { byId } from './dom.js';

const KEY = 'wheelhouse.reader';

/** Whether terminals are read aloud: off at first, as it costs speed, and kept once chosen. */
export function readerMode() {
  return localStorage.getItem(KEY) === 'on';
}

/** @param {boolean} on */
export function setReaderMode(on) {
  localStorage.setItem(KEY, on ? 'on' : 'off');
  byId('terminal-reader').setAttribute('aria-pressed', String(on));
}
