import { Api } from '../support/api.js';
import { describeWith } from '../support/capability.js';
import { TerminalClient } from '../support/terminal-client.js';
import { startService, type TestService } from '../support/test-app.js';

/** The whole way: HTTP, ticket, socket, runtime, shell in a lab host. */
describeWith(['root', 'runc', 'ovs'], 'a terminal in a lab host', () => {
  let service: TestService;
  let ada: Api;
  let sandbox: string;

  beforeAll(async () => {
    service = await startService();
    ada = await new Api(service.url, service.operatorKey).as('ada');
    sandbox = (await ada.post('/v1/sandboxes', { lab: 'net-ovs-two-namespaces' })).body.id;
  }, 90_000);

  afterAll(() => service.remove());

  async function open(more: object = {}): Promise<{ id: string; url: () => Promise<string> }> {
    const made = await ada.post(`/v1/sandboxes/${sandbox}/terminals`, more);
    expect(made.status).toBe(201);
    const id = made.body.id as string;
    const url = async () => {
      const minted = await ada.post(`/v1/terminals/${id}/tickets`);
      return service.url.replace('http', 'ws') + minted.body.url;
    };
    return { id, url };
  }

  it('is root in its own namespaces, on a terminal of its own, with a clean environment', async () => {
    const terminal = await open();
    const client = await TerminalClient.connect({ url: await terminal.url(), cols: 111, rows: 33 });
    client.line('id -u; tty; env | sort | tr "\\n" " "; echo; echo end-$((1+1))');
    const text = await client.expect('end-2\r\n');
    expect(text).toMatch(/\r0\r\n\/dev\/pts\/\d+\r\n/);
    expect(text).toContain('TERM=xterm-256color');
    expect(text).not.toContain('WHEELHOUSE');
    client.line('stty size; echo $COLUMNS-size');
    expect(await client.expect('111-size')).toContain('33 111');
    await client.close();
  });

  it('interrupts what runs in the foreground, by key and by signal, and keeps the shell', async () => {
    const terminal = await open();
    const client = await TerminalClient.connect({ url: await terminal.url() });
    for (const interrupt of [() => client.type('\x03'), () => client.send({ t: 'signal', sig: 'INT' })]) {
      client.line('sh -c "echo up-n""ow; exec sleep 100"');
      await client.expect('up-now');
      interrupt();
      client.line('echo got-$?');
      await client.expect('got-130');
    }
    client.resize(90, 20);
    await client.frame('size', (f) => f['cols'] === 90);
    client.line('stty size');
    await client.expect('20 90\r\n');
    await client.close();
  });

  it('goes on byte for byte after a lost socket, and gives the exit status behind the last byte', async () => {
    const terminal = await open();
    const first = await TerminalClient.connect({ url: await terminal.url() });
    first.line('seq 1 30000; exit 9');
    await first.expect('\n9000\r\n');
    await first.drop();
    const second = await TerminalClient.connect({ url: await terminal.url(), resume: first.position });
    expect(second.frames[0]).toMatchObject({ mode: 'delta' });
    expect(await second.frame('exit')).toMatchObject({ code: 9, seq: second.seq });
    const text = Buffer.concat([...first.chunks, ...second.chunks]).toString();
    expect(text.includes(Array.from({ length: 30_000 }, (_, i) => `${i + 1}\r\n`).join(''))).toBe(true);
  });

  it('ends by DELETE within the kill sequence, and with its sandbox', async () => {
    const stubborn = await open();
    const client = await TerminalClient.connect({ url: await stubborn.url() });
    client.line('trap "" HUP; echo arm-$((1+1))');
    await client.expect('arm-2');
    await ada.delete(`/v1/terminals/${stubborn.id}`);
    expect(await client.frame('exit')).toMatchObject({ reason: 'killed' });
    const other = await open();
    const last = await TerminalClient.connect({ url: await other.url() });
    await last.expect(/[#$] /);
    await ada.delete(`/v1/sandboxes/${sandbox}`);
    expect(await last.frame('exit')).toMatchObject({ reason: 'sandbox_ended' });
    expect((await last.closed).code).toBe(1000);
  });
});
