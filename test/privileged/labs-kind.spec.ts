import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { Api } from '../support/api.js';
import { describeWith } from '../support/capability.js';
import { LabPlayer } from '../support/lab-player.js';
import { OpenApiCheck } from '../support/openapi-check.js';
import { TerminalClient } from '../support/terminal-client.js';
import { foldAgain } from '../support/replays.js';
import { startService, type TestService } from '../support/test-app.js';

/** Folders of labs that ask for a cluster. */
const LABS = readdirSync('labs').filter((slug) => {
  const lab = parse(readFileSync(`labs/${slug}/lab.yaml`, 'utf8')) as { sandbox: { cluster?: object } };
  return lab.sandbox.cluster !== undefined;
});

/** Played with values of their own: set-up, instructions, grading and shell must agree on them. */
const DRAWN = new Set(['k8s-explore', 'k8s-update']);

describeWith(['root', 'runc', 'kind'], 'the Kubernetes labs of the course, typed into a terminal', () => {
  let service: TestService;
  let operator: Api;

  beforeAll(async () => {
    service = await startService({
      env: { WHEELHOUSE_CLUSTER_PROVIDER: 'kind', WHEELHOUSE_POOL: 'any=1' },
    });
    operator = new Api(service.url, service.operatorKey);
    operator.inspect = (await OpenApiCheck.load(service.url)).inspect;
  }, 120_000);

  afterAll(() => service.remove(), 120_000);

  /** A terminal whose target is a pod: a shell in it by the learner's own kubectl, whose exit status comes out. */
  async function shellInPod({ api, sandbox }: LabPlayer): Promise<void> {
    const attach = async (pod?: { name: string }): Promise<TerminalClient> => {
      const target = { kind: 'labhost', ...(pod && { pod }) };
      const { body: terminal } = await api.post(`/v1/sandboxes/${sandbox}/terminals`, { target });
      const { body: minted } = await api.post(`/v1/terminals/${terminal.id}/tickets`);
      return TerminalClient.connect({ url: service.url.replace('http', 'ws') + minted.url });
    };
    const host = await attach();
    host.line('kubectl get pods -l app=kubernetes-bootcamp -o jsonpath="<{.items[0].metadata.name}>"');
    const name = /<(kubernetes-bootcamp-[a-z0-9-]+)>/.exec(
      await host.expect(/<kubernetes-bootcamp-[a-z0-9-]+>/),
    )![1]!;
    const inside = await attach({ name });
    inside.line('echo "in=$(hostname)"; exit 7');
    await inside.expect(`in=${name}`, 30_000);
    expect(await inside.frame('exit', undefined, 30_000)).toMatchObject({ code: 7 });
    await host.close();
  }

  it('are six', () => {
    expect(LABS).toHaveLength(6);
  });

  it.each(LABS)(
    'gives nothing for %s untouched, and 100 %% for its solution',
    async (lab) => {
      const user = `learner-of-${lab}`;
      // The player finds the one that lives already.
      const individualise = DRAWN.has(lab);
      await operator.post('/v1/sandboxes', { lab, user, individualise, waitSeconds: 0 });
      const player = await LabPlayer.begin({ service, operator, lab, user });
      const checked = await player.api.post(`/v1/sandboxes/${player.sandbox}/progress/check`);
      expect(checked.body.score).toMatchObject({ points: 0, max: 20 });
      await player.solve(lab);
      const { latest } = player.progress;
      expect(latest!.score.fraction).toBe(1);
      expect(latest!.objectives.map((o) => o.state)).toEqual(latest!.objectives.map(() => 'passed'));
      if (lab === 'k8s-explore') await shellInPod(player);
      expect(await foldAgain(service.stateDir, player.sandbox)).toMatchObject({
        differences: [],
        fraction: 1,
        complete: true,
      });
      await player.leave(operator);
    },
    300_000,
  );
});
