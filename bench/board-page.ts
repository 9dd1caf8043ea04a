import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type BrowserContext } from 'playwright-core';

const EXECUTABLES = ['/usr/bin/chromium', '/usr/bin/chromium-browser'];
const ARGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];

/** The instructor's page in a browser, which tells when a row of its table was drawn anew. */
export class BoardPage {
  onShown: (key: string, at: number) => void = () => undefined;

  private constructor(
    private readonly context: BrowserContext,
    private readonly profile: string,
  ) {}

  static async open(o: { url: string; cohort: string; token: string; learners: number }): Promise<BoardPage> {
    const executablePath = EXECUTABLES.find((file) => existsSync(file));
    if (!executablePath) throw new Error('chromium is not installed: apt-get install chromium');
    const profile = mkdtempSync(path.join(tmpdir(), 'wh-bench-chromium-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath,
      headless: true,
      viewport: { width: 1280, height: 720 },
      args: ARGS,
    });
    const board = new BoardPage(context, profile);
    const page = context.pages()[0] ?? (await context.newPage());
    // The page's clock and ours are the same machine's, but begin elsewhere.
    await page.exposeFunction('told', (keys: string[], epochMs: number) => {
      const at = epochMs - performance.timeOrigin;
      for (const key of keys) board.onShown(key, at);
    });
    await page.goto(`${o.url}/console/cohorts/#token=${o.token}&cohort=${o.cohort}`);
    await page.waitForFunction(
      (learners) => document.querySelectorAll('#board-body tr').length === learners,
      o.learners,
      { timeout: 30_000 },
    );
    await page.evaluate(WATCH);
    return board;
  }

  /** How long the page did not answer at most, ms. */
  longestTask(): Promise<number> {
    return this.context.pages()[0]!.evaluate(() => (window as unknown as { longest: number }).longest);
  }

  async close(): Promise<void> {
    await this.context.close();
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** Rows that changed, once per frame, when the frame is drawn. */
const WATCH = `(() => {
  window.longest = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
  }).observe({ type: 'longtask' });
  let changed = new Set();
  new MutationObserver((records) => {
    const first = changed.size === 0;
    for (const { target } of records) {
      const row = (target.nodeType === 1 ? target : target.parentElement)?.closest('tr[data-key]');
      if (row) changed.add(row.dataset.key);
    }
    if (!first || changed.size === 0) return;
    requestAnimationFrame(() => {
      const keys = [...changed];
      changed = new Set();
      void window.told(keys, performance.timeOrigin + performance.now());
    });
  }).observe(document.getElementById('board-body'), { subtree: true, childList: true, characterData: true, attributes: true });
})()`;
