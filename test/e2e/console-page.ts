import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { ROOT } from '../../src/config/root.js';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const PROMPT = String.raw`^\S*[$#]$`;
const EXECUTABLE = ['/usr/bin/chromium', '/usr/bin/chromium-browser'];

export interface Browser {
  context: BrowserContext;
  close(): Promise<void>;
}

/** Chromium with a profile of its own, 1280 x 720. `bypassCSP` only where a test puts a script of its own in. */
export async function openBrowser(o: { dark?: boolean; bypassCSP?: boolean } = {}): Promise<Browser> {
  const profile = mkdtempSync(path.join(tmpdir(), 'wh-test-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: EXECUTABLE.find((file) => existsSync(file))!,
    headless: true,
    viewport: { width: 1280, height: 720 },
    locale: 'en-US',
    colorScheme: o.dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    bypassCSP: o.bypassCSP ?? false,
    args: ARGS,
  });
  return {
    context,
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

/** The learner page as a learner uses it: keys, clicks and what is to be read. */
export class ConsolePage {
  /** Faults of scripts, and what the content security policy refused. */
  readonly faults: string[] = [];

  private constructor(readonly page: Page) {
    page.on('pageerror', (error) => this.faults.push(String(error)));
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) this.faults.push(message.text());
    });
  }

  static async open(context: BrowserContext, link: string): Promise<ConsolePage> {
    const console = new ConsolePage(context.pages()[0] ?? (await context.newPage()));
    await console.page.goto(link);
    return console;
  }

  async choose(slug: string): Promise<void> {
    await this.page.click(`[data-lab="${slug}"]`);
    await this.prompt();
  }

  /** Waits until the shell waits for a line. */
  async prompt(ms = 15_000): Promise<void> {
    await this.lastLine(PROMPT, ms);
  }

  /** Types a line by the keyboard and waits for the next prompt. */
  async line(text: string, o: { waits?: boolean } = {}): Promise<void> {
    await this.page.keyboard.type(text);
    await this.lastLine(`${text.slice(-24).replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}$`);
    await this.page.keyboard.press('Enter');
    if (o.waits ?? true) await this.prompt();
  }

  /** Waits for text on the visible part of the terminal, behind the last place where `after` stands. */
  async shows(text: string, after = '', ms = 15_000): Promise<void> {
    await this.page.waitForFunction(
      ([wanted, from]) => {
        const rows = document.querySelector<HTMLElement>('.pane:not([hidden]) .xterm-rows');
        const shown = rows?.innerText.replaceAll('\u00a0', ' ') ?? '';
        return shown.includes(wanted!, from === '' ? 0 : Math.max(0, shown.lastIndexOf(from!)));
      },
      [text, after],
      { timeout: ms },
    );
  }

  /** Everything that the terminal keeps, read by paging back as a learner would. */
  async scrollback(): Promise<string> {
    const pages: string[] = [await this.screen()];
    for (;;) {
      await this.page.keyboard.press('Shift+PageUp');
      // One frame for the emulator to draw.
      await this.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
      await this.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
      const shown = await this.screen();
      if (shown === pages[0]) break;
      pages.unshift(shown);
    }
    return pages.join('\n');
  }

  /** Pastes as the browser does at Ctrl+V. */
  async paste(text: string): Promise<void> {
    await this.page.evaluate((pasted) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', pasted);
      const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
      document.activeElement!.dispatchEvent(event);
    }, text);
  }

  screen(): Promise<string> {
    return this.page.evaluate(
      () => document.querySelector<HTMLElement>('.pane:not([hidden]) .xterm-rows')?.innerText ?? '',
    );
  }

  /** Waits until the score is this many points. */
  async points(n: number, ms = 10_000): Promise<void> {
    await this.page.waitForFunction(
      (wanted) => document.querySelector('#score-points')?.textContent?.startsWith(`${wanted} of`) ?? false,
      n,
      { timeout: ms },
    );
  }

  async states(): Promise<Record<string, string>> {
    return this.page.evaluate(() =>
      Object.fromEntries(
        [...document.querySelectorAll<HTMLElement>('.objective')].map((o) => [
          o.dataset['id'],
          o.dataset['state'],
        ]),
      ),
    );
  }

  async state(id: string, state: string, ms = 10_000): Promise<void> {
    await this.page.waitForSelector(`.objective[data-id="${id}"][data-state="${state}"]`, { timeout: ms });
  }

  private async lastLine(pattern: string, ms = 15_000): Promise<void> {
    const wait = this.page.waitForFunction(
      (source) => {
        const rows = document.querySelector<HTMLElement>('.pane:not([hidden]) .xterm-rows');
        const text = rows?.innerText.replaceAll('\u00a0', ' ').trimEnd() ?? '';
        return new RegExp(source).test(text.slice(text.lastIndexOf('\n') + 1).trimEnd());
      },
      pattern,
      { timeout: ms },
    );
    await wait.catch(async () => {
      throw new Error(
        `no last line like ${pattern} within ${ms} ms; the terminal shows:\n${await this.screen()}`,
      );
    });
  }
}

/** One thing to do of a reference transcript. */
export type Act = { line: string; endsByKey: boolean } | { points: number };

/** The lines of a lab's solution.sh, with the points due between them. */
export function transcript(slug: string): Act[] {
  const lines = readFileSync(path.join(ROOT, 'labs', slug, 'solution.sh'), 'utf8').split('\n');
  const acts: Act[] = [];
  for (const [i, line] of lines.entries()) {
    const expected = /^# expect: (\d+)$/.exec(line);
    if (expected) acts.push({ points: Number(expected[1]) });
    else if (line !== '' && !line.startsWith('#'))
      acts.push({ line, endsByKey: lines[i + 1] === '# press: ctrl-c' });
  }
  return acts;
}

/** Violations that axe-core calls serious or critical, as `rule: first element`. The page must bypass its policy. */
export async function seriousViolations(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: path.join(ROOT, 'node_modules/axe-core/axe.min.js') });
  return page.evaluate(async () => {
    const axe = (globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }).axe;
    interface Violation {
      id: string;
      impact: string;
      nodes: { html: string }[];
    }
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  });
}
