import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../../src/config/root.js';
import { childGroups } from '../../src/linux/cgroup.js';
import { Api } from '../support/api.js';
import { describeWith } from '../support/capability.js';
import { LabPlayer } from '../support/lab-player.js';
import { OpenApiCheck } from '../support/openapi-check.js';
import { scopeOf, startService, testEnv, type TestService } from '../support/test-app.js';

const LAB = 'net-script';

describeWith(['root', 'runc'], 'a lab whose objectives are judged by scripts', () => {
  let service: TestService;
  let operator: Api;
  let ada: LabPlayer;

  beforeAll(async () => {
    service = await startService({ env: { WHEELHOUSE_LABS: path.resolve('test/labs') } });
    operator = new Api(service.url, service.operatorKey);
    operator.inspect = (await OpenApiCheck.load(service.url)).inspect;
    ada = await LabPlayer.begin({ service, operator, lab: LAB, user: 'ada' });
  }, 120_000);

  afterAll(() => service.remove(), 60_000);

  type Seen = NonNullable<LabPlayer['progress']['latest']>['objectives'][number];
  const seenSoon = (what: string, is: (objective: Seen) => boolean) =>
    ada.progress.until(what, (p) => p.objectives.some(is), 30_000);

  const objective = async (id: string) => {
    const { body } = await ada.api.get(`/v1/sandboxes/${ada.sandbox}/progress?locale=en`);
    return body.objectives.find((o: { id: string }) => o.id === id);
  };

  it('shows what it says as the explanation, in the language of the reader', async () => {
    await ada.type('ip link add d0 mtu 1400 type bridge');
    await ada.type('ip link add d1 mtu 1300 type bridge');
    await seenSoon('two of three', (o) => o.id === 'mtus' && o.explanation?.text.startsWith('2 ') === true);
    expect(await objective('mtus')).toMatchObject({
      state: 'pending',
      explanation: { path: 'script', kind: 'wrong', text: '2 different MTUs of 3' },
    });
    const { body } = await ada.api.get(`/v1/sandboxes/${ada.sandbox}/progress?locale=fr`);
    expect(JSON.stringify(body)).toContain('2 MTU différentes sur 3');
  }, 60_000);

  it('gives the points once it says yes, and takes them back when it says no again', async () => {
    const state = (wanted: string) => seenSoon(wanted, (o) => o.id === 'mtus' && o.state === wanted);
    await ada.type('ip link add d2 mtu 1200 type bridge');
    await state('passed');
    expect(ada.progress.latest!.score.points).toBe(3);
    await ada.type('ip link set d2 mtu 1300');
    await state('regressed');
    await ada.type('ip link set d2 mtu 1200');
    await state('passed');
  }, 90_000);

  it('cannot judge where the script does not end: our fault, not the learner’s', async () => {
    await seenSoon('unknown for some seconds', (o) => o.id === 'hangs' && o.state === 'error');
    expect(await objective('hangs')).toMatchObject({ state: 'error', credited: false });
  }, 60_000);

  it('keeps with the evidence what the script read and said', async () => {
    const { evidenceId } = await objective('mtus');
    const { body } = await operator.get(`/v1/sandboxes/${ada.sandbox}/progress/evidence/${evidenceId}`);
    const { observations } = body.body;
    expect(observations['checks/mtus.sh(lm)']).toEqual({ ok: true, text: null });
    expect(observations.lm).toEqual(expect.arrayContaining([expect.objectContaining({ ifname: 'd0' })]));
  });

  it('leaves out of the run what the sandbox cannot support, and keeps that with the run', async () => {
    const seen = (body: { leftOut: object[]; score: object }, max: number) => {
      expect(body.leftOut).toMatchObject([{ id: 'never-here', weight: 5, requires: ['kube.watch'] }]);
      expect(body.score).toMatchObject({ max });
    };
    seen((await ada.api.get(`/v1/sandboxes/${ada.sandbox}/progress`)).body, 4);
    await ada.leave(operator);
    // What could not be judged counts for nothing at the end.
    seen((await operator.get(`/v1/sandboxes/${ada.sandbox}/progress?locale=fr`)).body, 3);
  }, 60_000);

  it('can be folded again from its log: the results of then stand', () => {
    const argv = [path.join(ROOT, 'dist/src/cli.js'), 'lab', 'replay', ada.sandbox];
    const env = testEnv(service.stateDir);
    const { status, stdout } = spawnSync(process.execPath, argv, { cwd: ROOT, env, encoding: 'utf8' });
    expect({ status, stdout }).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('checks/mtus.sh'),
    });
  }, 30_000);

  it('gives learners no file of the lab, and leaves nothing of the boxes', async () => {
    const { body } = await operator.get(`/v1/labs/${LAB}`);
    expect(JSON.stringify(body)).not.toMatch(/mtus\.sh|jq/);
    for (const name of [
      'checks/mtus.sh',
      `v1/labs/${LAB}/files/checks/mtus.sh`,
      'labs/net-script/checks/mtus.sh',
    ])
      expect((await ada.api.get(`/${name}`)).status).toBe(404);
    const { installId } = scopeOf(service.stateDir);
    expect(existsSync(`/run/wheelhouse/${installId}/checks/check-0`)).toBe(false);
    expect(childGroups(`/wheelhouse/${installId}`).filter((name) => name.startsWith('check'))).toEqual([]);
  });
});
