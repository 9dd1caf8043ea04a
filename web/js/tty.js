import { TerminalClient } from '../client/terminal-client.js';

/**
 * The page's connection to one terminal: a ticket from the API for each attempt, and the browser's own news of the
 * network.
 *
 * @param {object} o
 * @param {import('./api.js').Api} o.api
 * @param {string} o.terminalId
 * @param {'write' | 'view'} [o.role]
 * @param {import('../terminal-client').TerminalScreen} o.screen
 * @param {(state: 'live' | 'down' | 'elsewhere' | 'gone' | 'exited', exit: any) => void} o.onState
 * @param {(bytes: number) => void} o.onUnsent
 * @param {(driver: import('../terminal-client').TerminalDriver) => void} o.onDriver
 * @param {(peers: import('../terminal-client').TerminalPeer[]) => void} o.onPeers
 * @param {(frame: any) => void} o.onAttached
 * @param {(notice: {text: string}) => void} o.onNotice
 */
export function openTty({ api, terminalId, role = 'write', onState, ...rest }) {
  const client = new TerminalClient({
    ...rest,
    client: 'learner-page',
    url: async () => (await api.post(`/v1/terminals/${terminalId}/tickets`, { role })).url,
    onState: (state, exit) => onState(state === 'closed' ? 'gone' : state, exit),
  });
  client.setHidden(document.hidden);
  const stop = new AbortController();
  addEventListener('offline', () => client.drop(), { signal: stop.signal });
  addEventListener('online', () => client.retry(), { signal: stop.signal });
  return {
    type: (data) => client.type(data),
    resized: () => client.resized(),
    setHidden: (hidden) => client.setHidden(hidden),
    close: () => {
      stop.abort();
      client.close();
    },
  };
}
