import path from 'node:path';
import { Api } from '../support/api.js';
import { describeWith } from '../support/capability.js';
import { startService, type TestService } from '../support/test-app.js';
import { type Browser, ConsolePage, openBrowser, seriousViolations } from './console-page.js';

describeWith(['root', 'runc', 'chromium'], 'what the learner page shows of tries, words and feedback', () => {
  let service: TestService;
  let browser: Browser;
  let operator: Api;

  beforeAll(async () => {
    service = await startService({ env: { WHEELHOUSE_LABS: path.resolve('test/labs') } });
    browser = await openBrowser({ bypassCSP: true });
    operator = new Api(service.url, service.operatorKey);
  }, 90_000);

  afterAll(async () => {
    await browser?.close();
    await service?.remove();
  }, 60_000);

  const open = async (
    lab: string,
    individualise = false,
  ): Promise<{ page: ConsolePage; sandbox: string }> => {
    await operator.put('/v1/users/ada');
    const made = await operator.post('/v1/sandboxes', { lab, user: 'ada', individualise, waitSeconds: 20 });
    const { body } = await operator.post('/v1/users/ada/tokens');
    await browser.context.pages()[0]?.goto('about:blank');
    const page = await ConsolePage.open(
      browser.context,
      `${service.url}/console/#token=${body.token}&lab=${lab}`,
    );
    await page.prompt();
    return { page, sandbox: made.body.id };
  };

  it('offers another try, says who decided what and why, and shows the values of this run', async () => {
    const { page: learner, sandbox } = await open('net-engine', true);
    const { page } = learner;
    const lab = (await operator.get(`/v1/sandboxes/${sandbox}/lab?locale=en`)).body;
    const title = lab.objectives.find((o: { id: string }) => o.id === 'addressed').title as string;
    await page.waitForFunction(
      (text) => document.querySelector('[data-id="addressed"] .o-title')?.textContent === text,
      title,
    );
    expect(await page.textContent('#instructions-body')).toContain(title.replace('Give ', ''));
    await learner.line('ip link add bad0 type bridge');
    await learner.state('careful', 'failed');
    expect(await page.textContent('[data-id="careful"] .o-why')).toBe('bad0 was made.');
    await learner.line('ip link del bad0');
    expect(await page.textContent('[data-id="careful"] .o-retry')).toBe('Try again (1 left)');
    await page.click('[data-id="careful"] .o-retry');
    await learner.state('careful', 'pending');
    expect(await page.isVisible('[data-id="careful"] .o-retry')).toBe(false);
    const word = { state: 'passed', reason: 'Shown at the desk.', by: 'Ms Noether' };
    await operator.post(`/v1/sandboxes/${sandbox}/progress/objectives/quick/override`, word);
    await learner.state('quick', 'passed');
    expect(await page.textContent('[data-id="quick"] .o-word')).toBe(
      'Decided by Ms Noether: Shown at the desk.',
    );
    expect(await seriousViolations(page)).toEqual([]);
    expect(learner.faults).toEqual([]);
    await operator.delete(`/v1/sandboxes/${sandbox}`);
  }, 120_000);

  it('says when results appear, and shows them then', async () => {
    const { page: learner, sandbox } = await open('net-on-check');
    const { page } = learner;
    expect(await page.textContent('#feedback-note')).toBe('Results appear when you press Check now.');
    await learner.line('ip netns add red');
    for (const end = Date.now() + 30_000; Date.now() < end;) {
      const { body } = await operator.get(`/v1/sandboxes/${sandbox}/progress`);
      if (body.score.points === 1) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await learner.states()).toEqual({ made: 'pending' });
    await page.click('#check');
    await learner.state('made', 'passed');
    expect(await page.textContent('#feedback-note')).toMatch(
      /^Results as of .*; Check now brings newer ones\.$/,
    );
    await operator.post(`/v1/sandboxes/${sandbox}/progress/final`);
    await page.waitForFunction(
      () => document.querySelector('#feedback-note')?.textContent === 'The score is final.',
    );
    expect(await page.isVisible('#check')).toBe(false);
    expect(learner.faults).toEqual([]);
  }, 120_000);
});
