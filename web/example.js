// Open as example.html#terminal=trm_…&token=…; with the library from npm, import "wheelhouse-terminal-client" instead.
import { Terminal } from './vendor/xterm/lib/xterm.mjs';
import { TerminalClient } from './client/terminal-client.js';

const { terminal, token } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
const term = new Terminal({ cols: 100, rows: 30 });
term.open(document.getElementById('terminal'));
const client = new TerminalClient({
  url: async () => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`/v1/terminals/${terminal}/tickets`, { method: 'POST', headers });
    if (!answer.ok) throw Object.assign(new Error(answer.statusText), { status: answer.status });
    return (await answer.json()).url;
  },
  screen: {
    write: (bytes, done) => term.write(bytes, done),
    reset: () => term.write('\x1bc\x1b[3J'),
    resize: (cols, rows) => term.write('', () => term.resize(cols, rows)),
    size: () => ({ cols: 100, rows: 30 }),
  },
  onState: (state) => (document.title = state),
});
term.onData((data) => client.type(data));
