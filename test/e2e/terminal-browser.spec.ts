import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { ROOT } from '../../src/config/root.js';
import { Api } from '../support/api.js';
import { describeWith } from '../support/capability.js';
import { TerminalClient } from '../support/terminal-client.js';
import { startService, type TestService } from '../support/test-app.js';
import { type Browser, openBrowser, seriousViolations } from './console-page.js';

const LAB = 'net-ovs-two-namespaces';
const DIAZ = { role: 'view', takeover: true, user: 'diaz' };

/** A lab that allows recordings. */
function recordedLab(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'wh-test-labs-'));
  cpSync(path.join(ROOT, 'labs', LAB), path.join(folder, LAB), { recursive: true });
  const file = path.join(folder, LAB, 'lab.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('host: {}', 'host: { recording: true }'));
  return folder;
}

/** What the emulator shows, without trailing blanks. */
function screenOf(page: Page): Promise<string> {
  return page.evaluate(() => {
    const rows = [...document.querySelectorAll<HTMLElement>('.xterm-rows > div')];
    return rows
      .map((row) => row.innerText.replaceAll('\u00a0', ' ').trimEnd())
      .join('\n')
      .trimEnd();
  });
}

function shows(page: Page, text: string): Promise<unknown> {
  return page.waitForFunction(
    (wanted) =>
      (document.querySelector<HTMLElement>('.xterm-rows')?.innerText ?? '')
        .replaceAll('\u00a0', ' ')
        .includes(wanted),
    text,
    { timeout: 15_000 },
  );
}

/** The page's socket dies, and it attaches again. */
async function reattach(page: Page): Promise<void> {
  await page.evaluate(() => {
    document.title = 'cut';
    (globalThis as unknown as { sockets: WebSocket[] }).sockets.at(-1)!.close(4000);
  });
  await page.waitForFunction(() => document.title === 'live');
}

describeWith(['chromium'], 'a terminal in a browser', () => {
  const labs = recordedLab();
  let service: TestService;
  let browser: Browser;
  let operator: Api;
  let ada: Api;
  let token: string;
  let sandbox: string;
  let page: Page;

  beforeAll(async () => {
    service = await startService({
      env: {
        WHEELHOUSE_HOST_PROVIDER: 'fake',
        WHEELHOUSE_PTY_LOCAL: 'true',
        WHEELHOUSE_RATE_LIMITS: 'false',
        WHEELHOUSE_RECORDING: 'true',
        WHEELHOUSE_LABS: labs,
      },
    });
    operator = new Api(service.url, service.operatorKey);
    await operator.put('/v1/users/diaz', { displayName: 'R. Diaz' });
    ada = await operator.as('ada');
    token = (await operator.post('/v1/users/ada/tokens')).body.token;
    sandbox = (await ada.post('/v1/sandboxes', { lab: LAB })).body.id;
    // A test of its own page puts scripts in, which the policy would refuse.
    browser = await openBrowser({ bypassCSP: true });
    await browser.context.addInitScript(() => {
      const sockets: WebSocket[] = [];
      Object.assign(globalThis, {
        sockets,
        WebSocket: class extends WebSocket {
          constructor(...args: ConstructorParameters<typeof WebSocket>) {
            super(...args);
            sockets.push(this);
          }
        },
      });
    });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await service?.remove();
    rmSync(labs, { recursive: true });
    rmSync('/tmp/wh-vim.txt', { force: true });
  }, 60_000);

  afterEach(async () => {
    await page?.close();
  });

  async function create(): Promise<string> {
    const made = await ada.post(`/v1/sandboxes/${sandbox}/terminals`, { target: { kind: 'local' } });
    expect(made.status).toBe(201);
    return made.body.id;
  }

  /** The example page on a new terminal, with a prompt that is easy to see. */
  async function example(): Promise<string> {
    const id = await create();
    page = await browser.context.newPage();
    await page.goto(`${service.url}/console/example.html#terminal=${id}&token=${token}`);
    await page.waitForFunction(() => document.title === 'live');
    await page.focus('.xterm-helper-textarea');
    await line('PS1="ready$ "; clear');
    await shows(page, 'ready$');
    return id;
  }

  async function line(text: string): Promise<void> {
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
  }

  it('types, draws wide and split characters, and goes on after a lost socket', async () => {
    const id = await example();
    await line(
      String.raw`printf '\303'; sleep 0.05; printf '\251t\303\251 \346\227\245\346\234\254 %s\n' end-$((1+1))`,
    );
    await shows(page, 'été 日本 end-2');
    await line('(sleep 0.3; echo meanwhile-$((2+3))) &');
    await reattach(page);
    await shows(page, 'meanwhile-5');
    await ada.delete(`/v1/terminals/${id}`);
    await page.waitForFunction(() => document.title === 'exited');
  });

  it.each<[string, string, string, string[]]>([
    [
      'vim',
      'seq 1 200 > /tmp/wh-vim.txt; vim -u NONE -N /tmp/wh-vim.txt',
      'Go-- typed --',
      ['Escape', ':', 'q', '!', 'Enter'],
    ],
    ['less', 'seq 1 500 | less', '   ', ['q']],
    [
      'a full screen that repaints itself',
      String.raw`while :; do printf '\033[?1049h\033[H\033[2Jtop of it\033[10;5Hload'; read -t 0.2 -n 1 k && break; done; printf '\033[?1049l'`,
      '',
      ['q'],
    ],
  ])(
    'keeps %s as it was over a reattach and over a reload',
    async (_name, command, keys, leave) => {
      const id = await example();
      await line(command);
      await page.waitForFunction(
        () => !document.querySelector<HTMLElement>('.xterm-rows')!.innerText.includes('ready$'),
      );
      await page.keyboard.type(keys);
      let before = '';
      // Drawn when it no longer changes.
      while (before === '' || before !== (await screenOf(page))) {
        before = await screenOf(page);
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
      await reattach(page);
      await page.waitForFunction(() => document.title === 'live');
      expect(await screenOf(page)).toBe(before);
      await page.goto('about:blank');
      await page.goto(`${service.url}/console/example.html#terminal=${id}&token=${token}`);
      await page.waitForFunction(() => document.title === 'live');
      await page.waitForFunction(
        (wanted) => {
          const rows = [...document.querySelectorAll<HTMLElement>('.xterm-rows > div')];
          const text = rows
            .map((row) => row.innerText.replaceAll('\u00a0', ' ').trimEnd())
            .join('\n')
            .trimEnd();
          return text === wanted;
        },
        before,
        { timeout: 10_000 },
      );
      await page.focus('.xterm-helper-textarea');
      for (const key of leave) await page.keyboard.press(key);
      await shows(page, 'ready$');
      await line('echo back-$((1+1))');
      await shows(page, 'back-2');
      // The emulator answered no question of the past: nothing stands at the prompt that nobody typed.
      expect(await screenOf(page)).toMatch(/back-2\nready\$$/);
      await ada.delete(`/v1/terminals/${id}`);
    },
    60_000,
  );

  it('pastes a mebibyte whole', async () => {
    const id = await example();
    const size = 1024 * 1024;
    await line(`stty raw -echo; echo go; head -c ${size} | sha256sum; stty sane`);
    await shows(page, 'go');
    const text = Array.from({ length: size / 16 }, (_, i) => String(i).padStart(15, 'x')).join(' ') + ' ';
    await page.evaluate((pasted) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', pasted);
      const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
      document.activeElement!.dispatchEvent(event);
    }, text);
    await shows(page, createHash('sha256').update(text).digest('hex'));
    await ada.delete(`/v1/terminals/${id}`);
  }, 60_000);

  it('plays with AttachAddon, the stock one', async () => {
    const id = await create();
    const minted = (await ada.post(`/v1/terminals/${id}/tickets`, { protocol: 'raw' })).body;
    page = await browser.context.newPage();
    await page.goto(`${service.url}/healthz`);
    for (const name of ['xterm', 'addon-attach']) {
      await page.addScriptTag({ path: path.join(ROOT, `node_modules/@xterm/${name}/lib/${name}.js`) });
    }
    await page.evaluate(
      (url) => {
        const { Terminal, AttachAddon } = globalThis as any;
        document.body.innerHTML = '<div id="t"></div>';
        const term = new Terminal({ cols: 80, rows: 24 });
        term.open(document.getElementById('t'));
        term.loadAddon(new AttachAddon.AttachAddon(new WebSocket(url)));
        term.focus();
      },
      `${service.url.replace('http', 'ws')}${minted.url}&cols=80&rows=24`,
    );
    await page.waitForFunction(() =>
      /[$#]/.test(document.querySelector<HTMLElement>('.xterm-rows')?.innerText ?? ''),
    );
    await line('echo stock-$((1+1))');
    await shows(page, 'stock-2');
    await ada.delete(`/v1/terminals/${id}`);
  });

  it('tells the learner on the learner page who watches, who drives and when it is over', async () => {
    const bob = await operator.as('bob');
    const link = `${service.url}/console/#token=${(await operator.post('/v1/users/bob/tokens')).body.token}&lab=${LAB}`;
    page = await browser.context.newPage();
    await page.goto(`${link}&lang=en`);
    await page.waitForSelector('[role="tab"][data-state="live"]');
    const own = (await bob.get('/v1/sandboxes')).body.items[0].id as string;
    const [terminal] = (await bob.get(`/v1/sandboxes/${own}/terminals`)).body.items;
    const { url } = (await operator.post(`/v1/terminals/${terminal.id}/tickets`, DIAZ)).body;
    const teacher = await TerminalClient.connect({ url: service.url.replace('http', 'ws') + url });
    const note = (text: string) =>
      page.waitForFunction(
        (wanted) => document.querySelector('.pane-note')?.textContent?.includes(wanted),
        text,
      );
    await note('R. Diaz is watching this terminal.');
    await note('This terminal is being recorded.');
    teacher.send({ t: 'take' });
    await note('R. Diaz drives this terminal now');
    teacher.send({ t: 'release' });
    await page.waitForSelector('.toast-info');
    expect(await page.textContent('.toast-info')).toContain('R. Diaz has given the terminal back to you.');
    await teacher.close();
    await page.waitForFunction(() => !document.querySelector('.pane-note')?.textContent?.includes('Diaz'));
    expect(await page.evaluate(() => location.hash)).not.toContain('token=');
  });

  it('sets no pace for the shell while its tab is hidden, and shows the end of a flood once it is seen again', async () => {
    const carol = await operator.as('carol');
    const own = (await carol.post('/v1/sandboxes', { lab: LAB })).body.id as string;
    const made = await carol.post(`/v1/sandboxes/${own}/terminals`, { target: { kind: 'local' } });
    const terminal = made.body as { id: string };
    const { body } = await operator.post('/v1/users/carol/tokens');
    page = await browser.context.newPage();
    await page.goto(`${service.url}/console/#token=${body.token}&lab=${LAB}&lang=en`);
    await page.waitForSelector('[role="tab"][data-state="live"]');
    const { url } = (await operator.post(`/v1/terminals/${terminal.id}/tickets`, DIAZ)).body;
    const watcher = await TerminalClient.connect({ url: service.url.replace('http', 'ws') + url });
    // A browser without a window never hides a page; the page is told what it would be told.
    const hide = (hidden: boolean) =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
        document.dispatchEvent(new Event('visibilitychange'));
      }, hidden);
    await page.focus('.xterm-helper-textarea');
    await line('read -r go; seq 1 400000; echo "flood-$((1+1))"');
    await hide(true);
    await watcher.expect('read -r go');
    await page.keyboard.press('Enter');
    await watcher.expect('flood-2', 60_000);
    expect(await screenOf(page)).not.toContain('flood-2');
    await hide(false);
    await shows(page, 'flood-2');
    await line('echo again-$((1+1))');
    await shows(page, 'again-2');
    await watcher.close();
  }, 90_000);

  it('plays a recording, to any place in it', async () => {
    const id = await example();
    await line('echo first-$((1+1))');
    await shows(page, 'first-2');
    await reattach(page);
    await line('echo last-$((1+1)); exit');
    await page.waitForFunction(() => document.title === 'exited');
    await page.goto('about:blank');
    await page.goto(`${service.url}/console/player.html?lang=en#terminal=${id}&token=${token}`);
    await page.waitForSelector('#player:not([hidden])');
    expect(page.url()).not.toContain('token=');
    await page.evaluate(() => {
      const position = document.querySelector<HTMLInputElement>('#player-position')!;
      position.value = position.max;
      position.dispatchEvent(new Event('input'));
    });
    await shows(page, 'last-2');
    await page.click('#player-marker-list button:has-text("detached")');
    await shows(page, 'first-2');
    expect(await screenOf(page)).not.toContain('last-2');
    await page.selectOption('#player-speed', '4');
    await page.click('#player-toggle');
    await shows(page, 'last-2');
    expect(await seriousViolations(page)).toEqual([]);
    await page.goto('about:blank');
    await page.goto(
      `${service.url}/console/player.html?lang=en#terminal=trm_AAAAAAAAAAAAAAAAAAAAAA&token=${token}`,
    );
    await page.waitForSelector('#player-error:not([hidden])');
  });
});
