import { delegatedFolder } from '../../src/drivers/oci/delegated.js';
import { Api } from '../support/api.js';
import { describeWith } from '../support/capability.js';
import { LabPlayer } from '../support/lab-player.js';
import { OpenApiCheck } from '../support/openapi-check.js';
import { foldAgain } from '../support/replays.js';
import { startService, type TestService } from '../support/test-app.js';

const LAB = 'container-from-scratch';

describeWith(['root', 'runc'], "a container made by hand in a sandbox's terminal", () => {
  let service: TestService;
  let operator: Api;
  let ada: LabPlayer;

  beforeAll(async () => {
    service = await startService();
    operator = new Api(service.url, service.operatorKey);
    operator.inspect = (await OpenApiCheck.load(service.url)).inspect;
    ada = await LabPlayer.begin({ service, operator, lab: LAB, user: 'ada' });
  }, 120_000);

  afterAll(() => service.remove(), 60_000);

  it('gives nothing for an untouched machine, and leaves out what the machine cannot do', async () => {
    const { body, status } = await ada.api.post(`/v1/sandboxes/${ada.sandbox}/progress/check`);
    expect(status).toBe(200);
    const whole = delegatedFolder('/') !== undefined;
    expect(body.score).toMatchObject({ points: 0, max: whole ? 20 : 16 });
    expect(body.leftOut.map(({ id }: { id: string }) => id)).toEqual(whole ? [] : ['cgroup']);
  });

  it('gives each layer its points, and 100 % for all of them in one process', async () => {
    await ada.solve(LAB);
    expect(ada.progress.latest!.score.fraction).toBe(1);
    expect(ada.progress.latest!.objectives.every((o) => o.state === 'passed')).toBe(true);
    expect(await foldAgain(service.stateDir, ada.sandbox)).toMatchObject({
      differences: [],
      fraction: 1,
      complete: true,
    });
  }, 120_000);

  it('shows as evidence the processes of the lab host, by the pids that they have in there', async () => {
    const progress = await operator.get(`/v1/sandboxes/${ada.sandbox}/progress?locale=en`);
    const { evidenceId } = progress.body.objectives.find(({ id }: { id: string }) => id === 'together');
    const { body } = await operator.get(`/v1/sandboxes/${ada.sandbox}/progress/evidence/${evidenceId}`);
    const { procs } = body.body.observations as { procs: { nsPid: number[]; rootIs: string }[] };
    expect(procs[0]!.nsPid).toEqual([1]);
    expect(procs.every(({ nsPid }) => nsPid[0]! < 1000)).toBe(true);
    expect(procs.filter(({ rootIs }) => rootIs === 'other').map(({ nsPid }) => nsPid.length)).toContain(2);
  });

  it('sees the container come apart when its root is left', async () => {
    ada.terminal.line('exit');
    await ada.progress.until(
      'the root is gone',
      (p) =>
        ['root', 'proc', 'together'].every(
          (id) => p.objectives.find((o) => o.id === id)!.state === 'regressed',
        ),
      30_000,
    );
    const { body } = await ada.api.get(`/v1/sandboxes/${ada.sandbox}/progress?locale=en`);
    const root = body.objectives.find(({ id }: { id: string }) => id === 'root');
    expect(root.explanation.text).toBe(
      'A process has its own mount namespace, but its root is still that of the machine.',
    );
    await ada.leave(operator);
  }, 60_000);
});
