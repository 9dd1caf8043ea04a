import { Api } from '../support/api.js';
import { OpenApiCheck } from '../support/openapi-check.js';
import { describeWith } from '../support/capability.js';
import { LabPlayer } from '../support/lab-player.js';
import { foldAgain } from '../support/replays.js';
import { startService, type TestService } from '../support/test-app.js';

const LAB = 'net-ovs-two-namespaces';
describeWith(['root', 'runc', 'ovs'], "section 4.2 of the course, typed into a sandbox's terminal", () => {
  let service: TestService;
  let operator: Api;

  beforeAll(async () => {
    service = await startService();
    operator = new Api(service.url, service.operatorKey);
    operator.inspect = (await OpenApiCheck.load(service.url)).inspect;
  }, 120_000);

  afterAll(() => service.remove(), 60_000);

  const learner = (user: string) => LabPlayer.begin({ service, operator, lab: LAB, user });

  const points = (n: number) => (p: { score: { points: number } }) => p.score.points === n;

  it('gives each step its points, 100 % at the end, and sees a step undone within a second', async () => {
    const ada = await learner('ada');
    const { terminal, progress } = ada;
    await ada.solve(LAB);
    expect(progress.latest!.score.fraction).toBe(1);
    expect(progress.latest!.objectives.every((o) => o.state === 'passed')).toBe(true);

    // Away from the last looks of the lines before.
    let started = performance.now();
    terminal.line('ip link set veth-r down');
    let seen = await progress.until(
      'regressed',
      (p) => p.objectives.find((o) => o.id === 'up-red')!.state === 'regressed',
    );
    process.stderr.write(`regressed after ${Math.round(seen - started)} ms\n`);
    expect(seen - started).toBeLessThan(1000);
    started = performance.now();
    terminal.line('ip link set veth-r up');
    seen = await progress.until(
      'passed again',
      (p) => p.objectives.find((o) => o.id === 'up-red')!.state === 'passed',
    );
    process.stderr.write(`passed again after ${Math.round(seen - started)} ms\n`);
    await progress.until('full score again', (p) => p.score.fraction === 1, 15_000);
    expect(await foldAgain(service.stateDir, ada.sandbox)).toMatchObject({
      differences: [],
      fraction: 1,
      complete: true,
    });
    await ada.leave(operator);
  }, 120_000);

  it('serves labs and evidence as documented, and nothing of a solution', async () => {
    const carl = await learner('carl');
    carl.terminal.line('ip netns add red; ip netns add green');
    await carl.progress.until('two points', points(2));
    const progress = await operator.get(`/v1/sandboxes/${carl.sandbox}/progress?locale=en`);
    expect(progress.body).toMatchObject({ locale: 'en', lab: LAB, passed: false });
    const { evidenceId } = progress.body.objectives[0];
    const evidence = await operator.get(`/v1/sandboxes/${carl.sandbox}/progress/evidence/${evidenceId}`);
    expect(evidence.body).toMatchObject({ objective: 'namespaces', body: { to: 'passed' } });
    expect((await operator.get('/v1/labs')).body.items).toContainEqual(
      expect.objectContaining({ slug: LAB }),
    );
    const lab = await operator.get(`/v1/labs/${LAB}?locale=en`);
    expect(lab.body.instructionsHtml).toContain('<h1>');
    expect(JSON.stringify(lab.body)).not.toContain('# expect');
    expect((await operator.get(`/v1/labs/${LAB}/versions`)).body.items).toHaveLength(1);
    const lint = await operator.post('/v1/labs/lint', { files: { 'lab.yaml': 'id: x\nbad: [' } });
    expect(lint.body).toMatchObject({ ok: false, problems: [{ file: 'lab.yaml' }] });
    const early = await operator.post(`/v1/sandboxes/${carl.sandbox}/progress/objectives/bridge/hints/1`);
    expect([early.status, early.body.code]).toEqual([409, 'conflict']);
    const final = await operator.post(`/v1/sandboxes/${carl.sandbox}/progress/final`);
    expect(final.body.score.points).toBe(2);
    expect(final.body.frozenAt).not.toBeNull();
    await carl.leave(operator);
  }, 60_000);

  it('leaves an untouched sandbox at nothing, also when asked to check, and explains what is missing', async () => {
    const bob = await learner('bob');
    const checked = await bob.api.post(`/v1/sandboxes/${bob.sandbox}/progress/check`);
    expect(checked.status).toBe(200);
    expect(checked.body.score).toEqual({ points: 0, max: 20, fraction: 0 });
    expect(checked.body.objectives[0]).toMatchObject({ id: 'namespaces', state: 'pending' });
    const again = await bob.api.post(`/v1/sandboxes/${bob.sandbox}/progress/check`);
    expect([again.status, again.body.code]).toEqual([429, 'rate_limited']);
    await bob.leave(operator);
  }, 60_000);
});
