import { createHash } from 'node:crypto';
import { describeWith } from '../support/capability.js';
import { startService, type TestService } from '../support/test-app.js';
import { type Browser, ConsolePage, openBrowser, seriousViolations } from './console-page.js';

const LAB = 'net-ovs-two-namespaces';

describeWith(['root', 'runc', 'ovs', 'chromium'], 'the learner page for every learner', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService();
  }, 90_000);

  afterAll(() => service?.remove(), 60_000);

  async function withPage(
    o: { dark?: boolean; bypassCSP?: boolean },
    body: (learner: ConsolePage, browser: Browser) => Promise<void>,
  ): Promise<void> {
    const browser = await openBrowser(o);
    try {
      await body(await ConsolePage.open(browser.context, service.demoLink), browser);
    } finally {
      await browser.close();
    }
  }

  it.each([{ dark: false }, { dark: true }])(
    'has no serious accessibility fault in any view, dark: $dark',
    async ({ dark }) => {
      await withPage({ dark, bypassCSP: true }, async ({ page }) => {
        await page.waitForSelector('.card');
        expect(await seriousViolations(page)).toEqual([]);
        await page.click(`[data-lab="${LAB}"]`);
        await page.waitForSelector('.objective');
        await page.waitForSelector('.pane:not([hidden]) .xterm-rows');
        expect(await seriousViolations(page)).toEqual([]);
        await page.click('#end');
        expect(await seriousViolations(page)).toEqual([]);
        await page.click('#confirm-yes');
        await page.waitForSelector('#view-ended:not([hidden])');
        expect(await seriousViolations(page)).toEqual([]);
      });
    },
    60_000,
  );

  it('fits 1280 x 720 without a scroll bar of the page', async () => {
    await withPage({}, async (learner) => {
      await learner.choose(LAB);
      const size = await learner.page.evaluate(() => {
        const { scrollHeight, scrollWidth } = document.documentElement;
        return { scrollHeight, scrollWidth };
      });
      expect(size).toEqual({ scrollHeight: 720, scrollWidth: 1280 });
    });
  }, 60_000);

  it('can be worked by the keyboard alone, and the terminal lets go of the focus', async () => {
    await withPage({}, async (learner) => {
      const { page } = learner;
      await page.waitForSelector('.card');
      await page.focus(`[data-lab="${LAB}"]`);
      await page.keyboard.press('Enter');
      await learner.prompt();
      const focused = () =>
        page.evaluate(() => document.activeElement?.id || document.activeElement?.className);
      expect(await focused()).toBe('xterm-helper-textarea');
      await learner.line('echo typed without a mouse');
      await page.keyboard.press('Control+F6');
      expect(await focused()).toBe('objectives-body');
      await page.keyboard.press('Shift+Tab');
      expect(await focused()).toBe('check');
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => document.querySelector('#live')?.textContent?.includes('Checked.'));
      await page.focus('.skip a[href="#terminal-panes"]');
      await page.keyboard.press('Enter');
      expect(await focused()).toBe('xterm-helper-textarea');
      expect(page.url()).toContain(`#lab=${LAB}`);
    });
  }, 60_000);

  it('speaks French when asked to, in its own words and in those of the lab', async () => {
    await withPage({}, async (learner) => {
      const { page } = learner;
      await learner.choose(LAB);
      await page.selectOption('#language', 'fr');
      await page.waitForSelector('#lab-title:has-text("Deux espaces de noms")');
      expect(await page.getAttribute('html', 'lang')).toBe('fr');
      expect(await page.textContent('#check')).toBe('Vérifier');
      expect(await page.textContent('#instructions-body')).toContain('espace de noms');
      await page.waitForSelector('[data-id="bridge"]:has-text("Créer le pont ovs1")');
      await page.reload();
      await learner.prompt();
      expect(await page.getAttribute('html', 'lang')).toBe('fr');
    });
  }, 60_000);

  it('copies commands, and opens a second terminal beside the first', async () => {
    await withPage({}, async (learner, { context }) => {
      const { page } = learner;
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      await learner.choose(LAB);
      await page.focus('.code .copy');
      await page.keyboard.press('Enter');
      await page.waitForSelector('.copy:has-text("Copied")');
      const text = await page.evaluate(() => navigator.clipboard.readText());
      expect(text).toBe('ip addr\nip link\nip route');
      await page.click('#terminal-new');
      await page.waitForSelector('[role="tab"]:nth-child(2)[data-state="live"]');
      await learner.prompt();
      await learner.line('tty > /dev/null; echo second');
      expect(await page.locator('[role="tab"]').count()).toBe(2);
      await page.click('[role="tab"]:first-child');
      await learner.prompt();
      expect(await learner.screen()).not.toContain('second');
    });
  }, 60_000);

  it('takes a long paste whole and draws a flood to its end', async () => {
    await withPage({}, async (learner) => {
      await learner.choose(LAB);
      const pasted = 'a line of thirty-nine bytes and a break\n'.repeat(6000);
      const digest = createHash('md5').update(pasted).digest('hex');
      const count = `stty -echo; echo paste; head -c ${pasted.length} | md5sum; stty echo`;
      await learner.line(count, { waits: false });
      await learner.shows('\npaste\n', count);
      await learner.paste(pasted);
      await learner.shows(digest, count, 30_000);
      await learner.prompt();
      await learner.line('clear; seq 1 200000; echo end-$((6*7))');
      await learner.shows('end-42');
      expect((await learner.screen()).split('\n').map((row) => row.trim())).toContain('199999');
    });
  }, 90_000);

  it('says what to do when the link is no longer valid', async () => {
    await withPage({}, async ({ page }) => {
      await page.waitForSelector('.card');
      await page.evaluate(() => sessionStorage.clear());
      await page.goto(`${service.url}/console/?lang=fr#token=no.such.token`);
      await page.waitForSelector('#view-over:not([hidden])');
      expect(await page.textContent('#over-title')).toBe('Ce lien n’est plus valable');
      expect(page.url()).not.toContain('token');
    });
  }, 60_000);
});
