import path from 'node:path';
import { describeWith } from '../support/capability.js';
import { startService, type TestService } from '../support/test-app.js';
import { type Browser, ConsolePage, openBrowser, seriousViolations } from './console-page.js';

describeWith(['chromium'], 'the learner page, where a sandbox cannot support an objective', () => {
  let service: TestService;

  beforeAll(async () => {
    const env = { WHEELHOUSE_HOST_PROVIDER: 'fake', WHEELHOUSE_LABS: path.resolve('test/labs') };
    service = await startService({ env });
  }, 90_000);

  afterAll(() => service?.remove(), 60_000);

  it.each([
    ['light', false],
    ['dark', true],
  ])(
    'shows it crossed out, with the reason in the language of the page, in %s',
    async (_, dark) => {
      const browser: Browser = await openBrowser({ dark, bypassCSP: true });
      try {
        const { page, ...learner } = await ConsolePage.open(browser.context, service.demoLink);
        await page.click('[data-lab="net-script"]');
        const row = '.objective[data-id="never-here"]';
        await page.waitForSelector(`${row}[data-state="left-out"]`, { timeout: 30_000 });
        expect(await page.textContent(`${row} .o-state`)).toBe('Left out');
        expect(await page.textContent(`${row} .o-why`)).toMatch(
          /does not offer .*The objective does not count/,
        );
        expect(await page.isVisible(`${row} .o-why`)).toBe(true);
        const line = await page.$eval(`${row} .o-title`, (o) => getComputedStyle(o).textDecorationLine);
        expect(line).toBe('line-through');
        // Of the weights only those of what is left count.
        expect(await page.textContent('#score-points')).toBe('0 of 4 points');
        expect(await seriousViolations(page)).toEqual([]);

        await page.selectOption('#language', 'fr');
        await page.waitForFunction(
          (selector) => document.querySelector(`${selector} .o-why`)?.textContent?.includes('ne compte pas'),
          row,
          { timeout: 15_000 },
        );
        expect(await page.textContent(`${row} .o-state`)).toBe('Hors de ce TP');
        expect(learner.faults).toEqual([]);
      } finally {
        await browser.close();
      }
    },
    90_000,
  );
});
