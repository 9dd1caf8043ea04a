import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { ROOT } from '../../src/config/root.js';
import { Api } from '../support/api.js';
import { describeWith } from '../support/capability.js';
import { startService, type TestService } from '../support/test-app.js';
import { type Browser, ConsolePage, openBrowser, seriousViolations } from './console-page.js';

const LAB = 'net-ovs-two-namespaces';

describe('the texts of the board', () => {
  it('say the same in both languages, with the same parameters', async () => {
    const load = (file: string) => import(pathToFileURL(path.join(ROOT, 'web/js/board', file)).href);
    const [{ boardEn }, { boardFr }] = await Promise.all([load('text-en.js'), load('text-fr.js')]);
    const params = (text: string) => (text.match(/\{\w+\}/g) ?? []).toSorted();
    expect(Object.keys(boardFr)).toEqual(Object.keys(boardEn));
    for (const key of Object.keys(boardEn))
      expect([key, params(boardFr[key])]).toEqual([key, params(boardEn[key])]);
  });
});

describeWith(['root', 'runc', 'ovs', 'chromium'], 'the instructor’s page', () => {
  let service: TestService;
  let operator: Api;
  let browser: Browser;
  let students: Browser;
  let page: Page;
  let ada: ConsolePage;

  beforeAll(async () => {
    service = await startService({ env: { WHEELHOUSE_RATE_LIMITS: 'false' } });
    operator = new Api(service.url, service.operatorKey);
    await operator.post('/v1/cohorts', { slug: 'class', title: 'Networks, group 1' });
    const members = [
      { user: 'prof', displayName: 'Professor Hopper', role: 'instructor' },
      { user: 'ada', displayName: 'Ada', group: 'one' },
      ...Array.from({ length: 30 }, (_, i) => ({ user: `other-${i}`, displayName: `Other ${i}` })),
    ];
    await operator.put('/v1/cohorts/class/members', { members });
    [browser, students] = await Promise.all([openBrowser({ bypassCSP: true }), openBrowser()]);
    const token = async (user: string, body: object) =>
      (await operator.post(`/v1/users/${user}/tokens`, body)).body.token;
    const link = `${service.url}/console/#token=${await token('ada', { cohort: 'class' })}&lab=${LAB}`;
    ada = await ConsolePage.open(students.context, link);
    page = browser.context.pages()[0]!;
    await page.goto(`${service.url}/console/cohorts/#token=${await token('prof', { as: 'instructor' })}`);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await students?.close();
    await service?.remove();
  }, 60_000);

  const row = (name: string) => `#board-body tr:has-text("${name}")`;
  const adas = () => row('Ada');

  it('lists the cohorts that the instructor teaches, and opens the board of one', async () => {
    await page.waitForSelector('[data-cohort="class"]');
    expect(page.url()).not.toContain('token=');
    expect(await seriousViolations(page)).toEqual([]);
    await page.click('[data-cohort="class"]');
    await page.waitForFunction(() => document.querySelectorAll('#board-body tr').length === 31);
    expect(await page.textContent('#cohort-title')).toBe('Networks, group 1');
    expect(await page.textContent(`${row('Other 7')} .c-current`)).toBe('Not begun');
  }, 60_000);

  it('shows what a learner does as it happens', async () => {
    await ada.prompt(60_000);
    await page.waitForSelector(`${adas()} .c-activity:has-text("●")`);
    expect(await page.textContent(`${adas()} .c-current`)).toBe('Create the namespaces red and green');
    await ada.line('ip netns add red; ip netns add green');
    await page.waitForSelector(`${adas()} .strip [data-state="passed"]`);
    await page.waitForFunction(() => document.querySelector('#board-body .c-score')?.textContent === '10 %');
    expect(await page.getAttribute(`${adas()} .strip`, 'aria-label')).toBe('1 of 13 met');
    // She was attached all the time, so the time to pass is there, and it is short.
    const { body } = await operator.get('/v1/cohorts/class/board?q=ada');
    expect(body.rows[0].cells.namespaces.seconds).toEqual(expect.any(Number));
    expect(body.aggregates[0]).toMatchObject({ learners: 1, states: { passed: 1 }, p50Seconds: null });
  }, 90_000);

  it('says who asks for help, and takes the hand down', async () => {
    await ada.page.click('#hand');
    await page.waitForSelector('tr[data-hand="yes"]');
    expect(await page.textContent('#counts')).toContain('1 hands');
    if (process.env['WHEELHOUSE_SCREENSHOT'] !== undefined)
      await page.screenshot({ path: path.join(ROOT, 'docs/board.png') });
    await page.selectOption('#mark', 'hand');
    expect(await page.locator('#board-body tr').count()).toBe(1);
    await page.click(`${adas()} button:has-text("Hand down")`);
    await page.waitForFunction(() => document.querySelectorAll('#board-body tr').length === 0);
    await page.selectOption('#mark', '');
    await ada.page.waitForSelector('#hand[aria-pressed="false"]');
  }, 60_000);

  it('shows the learner’s terminal to watch, and the learner hears of it', async () => {
    await page.click(`${adas()} button:has-text("Watch")`);
    await page.waitForFunction(() =>
      document.querySelector<HTMLElement>('#watch-screen .xterm-rows')?.innerText.includes('netns'),
    );
    await ada.page.waitForFunction(() => document.body.innerText.includes('Professor Hopper'));
    expect(await seriousViolations(page)).toEqual([]);
    await page.click('#watch-close');
    await page.waitForSelector('#watch', { state: 'hidden' });
  }, 60_000);

  it('writes to those who are selected', async () => {
    await page.click('#act-message');
    await page.waitForSelector('#alerts .toast:has-text("Select learners")');
    await page.click('#alerts .toast-close');
    await page.check(`${adas()} input`);
    expect(await page.textContent('#selected')).toBe('1 selected');
    await page.click('#act-message');
    await page.fill('#message-text', 'Look at your bridge');
    await page.click('#message button.primary');
    await ada.page.waitForSelector('.toast:has-text("Professor Hopper: Look at your bridge")');
    await page.waitForFunction(() => document.querySelector('#act-text')?.textContent === 'Done: 1.');
    const done = page.waitForResponse((response) => response.url().endsWith('/actions'));
    await page.click('#act-extend');
    expect(await (await done).json()).toMatchObject({ action: 'extend', succeeded: 1 });
  }, 60_000);

  it('gives a new machine after asking', async () => {
    const sandboxes = `/v1/sandboxes?user=ada&lab=${LAB}`;
    const before = (await operator.get(sandboxes)).body.items[0].id;
    await page.click('#act-reset');
    await page.click('#confirm-yes');
    await page.waitForFunction(() => document.querySelector('#board-body .c-score')?.textContent === '0 %');
    await page.waitForSelector(`${adas()} button:has-text("Watch")`);
    const after = (await operator.get(sandboxes)).body.items[0];
    expect([after.replacesId, after.state]).toEqual([before, 'ready']);
  }, 60_000);

  it('sorts, searches, speaks French, and has no serious fault in the dark either', async () => {
    await page.click('#board-head button:has-text("Score")');
    expect(await page.textContent('#board-body tr:first-child th span')).toBe('Ada');
    await page.fill('#search', 'other 2');
    await page.waitForFunction(() => document.querySelectorAll('#board-body tr').length === 11);
    await page.fill('#search', '');
    await page.selectOption('#language', 'fr');
    await page.waitForFunction(() =>
      document.querySelector('#board-head')?.textContent?.includes('Apprenant'),
    );
    await page.waitForFunction(() =>
      document.querySelector('#board-body')?.textContent?.includes('Créer les espaces red et green'),
    );
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await seriousViolations(page)).toEqual([]);
  }, 60_000);
});
