import path from 'node:path';
import { ROOT } from '../../src/config/root.js';
import { describeWith } from '../support/capability.js';
import { startService, type TestService } from '../support/test-app.js';
import { type Browser, ConsolePage, openBrowser, transcript } from './console-page.js';

const LAB = 'net-ovs-two-namespaces';
/** Points at which the page is reloaded, and at which the network goes away. */
const RELOAD_AT = 6;
const CUT_AT = 9;

describeWith(['root', 'runc', 'ovs', 'chromium'], 'the learner page, from the demo link to 100 %', () => {
  let service: TestService;
  let browser: Browser;

  beforeAll(async () => {
    service = await startService();
    browser = await openBrowser();
  }, 90_000);

  afterAll(async () => {
    await browser?.close();
    await service?.remove();
  }, 60_000);

  it('lets a learner type the solution and see every objective met, through a reload and a lost network', async () => {
    const learner = await ConsolePage.open(browser.context, service.demoLink);
    const { page } = learner;
    await page.waitForSelector('.card');
    expect(page.url()).not.toContain('token=');
    await learner.choose(LAB);
    await learner.points(0);

    for (const act of transcript(LAB)) {
      if ('points' in act) {
        await learner.points(act.points);
        if (act.points === RELOAD_AT) await reload(learner);
        if (act.points === CUT_AT) await cut(learner, browser);
        continue;
      }
      await learner.line(act.line, { waits: !act.endsByKey });
      if (!act.endsByKey) continue;
      await learner.shows('icmp_seq=4', act.line);
      await page.keyboard.press('Control+C');
      await learner.prompt();
    }

    const states = await learner.states();
    expect(new Set(Object.values(states))).toEqual(new Set(['passed']));
    expect(Object.keys(states)).toHaveLength(13);
    expect(await page.textContent('#score-percent')).toBe('100 %');
    expect(await page.isVisible('#score-passed')).toBe(true);
    await screenshot(learner);

    await learner.line('ip link set veth-r down');
    await learner.state('up-red', 'regressed');
    expect(await page.textContent('[data-id="up-red"] .o-why')).not.toBe('');
    await learner.line('ip link set veth-r up');
    await learner.points(20);
    expect(learner.faults).toEqual([]);
  }, 180_000);

  it('starts over with an untouched machine, and says so when the lab has ended', async () => {
    const learner = await ConsolePage.open(browser.context, service.demoLink);
    const { page } = learner;
    await page.click(`[data-lab="${LAB}"]`);
    await learner.prompt();
    const left = await page.textContent('#timer-text');
    await page.click('#reset');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('confirm-no');
    await page.click('#confirm-yes');
    await learner.points(0, 20_000);
    await learner.prompt();
    await learner.line('ip netns');
    expect(await learner.screen()).not.toContain('red');
    expect((await page.textContent('#timer-text'))! <= left!).toBe(true);

    await page.click('#extend');
    await page.waitForSelector('.toast-info');
    await page.click('#end');
    await page.click('#confirm-yes');
    await page.waitForSelector('#view-ended:not([hidden])');
    expect(await page.textContent('#ended-title')).toBe('This lab has ended');
    await page.click('#ended-again');
    await learner.prompt();
    expect(learner.faults).toEqual([]);
  }, 60_000);

  it('goes on by itself after the service was killed and started again', async () => {
    const learner = await ConsolePage.open(browser.context, service.demoLink);
    const { page } = learner;
    await learner.choose(LAB);
    await learner.line('ip netns add red; ip netns add green');
    await learner.points(2);
    const { stateDir, url } = service;
    await service.kill();
    await page.waitForSelector('#banner:not([hidden])');
    service = await startService({ stateDir, env: { PORT: new URL(url).port } });
    await page.waitForSelector('#banner', { state: 'hidden', timeout: 20_000 });
    // The shell went with the service; the machine did not.
    await page.waitForSelector('.toast-info');
    await page.waitForSelector('[role="tab"][data-state="live"]');
    await learner.line('ip netns');
    expect(await learner.screen()).toMatch(/red[^]*green|green[^]*red/);
    await learner.points(2);
    expect(learner.faults).toEqual([]);
  }, 120_000);
});

/** The same machine, the same shell with what it printed, the same objectives. */
async function reload(learner: ConsolePage): Promise<void> {
  const before = await learner.states();
  await learner.page.reload();
  await learner.prompt();
  await learner.points(RELOAD_AT);
  expect(await learner.states()).toEqual(before);
  const text = await learner.scrollback();
  expect(text).toContain('ip netns add red');
  expect(text).toContain('ovs-vsctl add-port ovs1 veth-r');
  await learner.page.keyboard.press('Shift+PageDown');
  await learner.line('echo still-$((40+2))');
  expect(await learner.screen()).toContain('still-42');
}

/** The shell works on while nobody can hear it; what it printed meanwhile arrives afterwards. */
async function cut(learner: ConsolePage, browser: Browser): Promise<void> {
  const { page } = learner;
  await learner.line('(read -t 3 -u 7 7<>/dev/ptmx; echo printed-$((6*7))-meanwhile) &');
  await browser.context.setOffline(true);
  await page.waitForSelector('#banner:not([hidden])');
  await page.waitForSelector('[role="tab"][data-state="down"]');
  await page.keyboard.type('typed into the void');
  await browser.context.setOffline(false);
  await page.waitForSelector('#banner', { state: 'hidden' });
  await page.waitForSelector('[role="tab"][data-state="live"]');
  await learner.shows('printed-42-meanwhile');
  expect(await learner.screen()).not.toContain('into the void');
  await page.keyboard.press('Enter');
  await learner.prompt();
}

async function screenshot(learner: ConsolePage): Promise<void> {
  if (process.env['WHEELHOUSE_SCREENSHOT'] === undefined) return;
  await learner.page.screenshot({ path: path.join(ROOT, 'docs/learner-page.png') });
}
