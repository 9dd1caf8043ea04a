import path from 'node:path';
import pg from 'pg';
import { silentLogger } from '../../src/common/logger.js';
import { EmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { readLabFolder } from '../../src/labs/lab-folder.js';
import { loadLab } from '../../src/labs/lab-loader.js';
import { labValues, type Draw } from '../../src/labs/params.js';
import { Api } from '../support/api.js';
import { describeWith } from '../support/capability.js';
import { LabPlayer } from '../support/lab-player.js';
import { OpenApiCheck } from '../support/openapi-check.js';
import { startService, type TestService } from '../support/test-app.js';

const LAB = 'net-engine';
const COURSE = 'net-ovs-two-namespaces';

interface Shown {
  id: string;
  title: string;
  state: string;
  credited: boolean;
  explanation: { text: string; kind: string } | null;
  overridden: { by: string; reason: string } | null;
  retries: { left: number; allowed: number };
  hints: { available: boolean; text: string | null }[];
  evidenceId: string | null;
}

describeWith(['root', 'runc', 'ovs'], 'a run of a lab that uses everything the grader can do', () => {
  const env = { WHEELHOUSE_LABS: ['test/labs', 'labs'].map((folder) => path.resolve(folder)).join(',') };
  let service: TestService;
  let operator: Api;
  let database: pg.Pool;
  let ada: LabPlayer;
  let bob: LabPlayer;

  const connect = async (): Promise<void> => {
    operator = new Api(service.url, service.operatorKey);
    operator.inspect = (await OpenApiCheck.load(service.url)).inspect;
    const connectionString = new EmbeddedPostgres(service.stateDir, silentLogger).url();
    database = new pg.Pool({ connectionString, max: 2 });
  };

  const begin = async (lab: string, user: string, individualise = false): Promise<LabPlayer> => {
    const made = await operator.post('/v1/sandboxes', { lab, user, individualise, waitSeconds: 20 });
    expect(made.body).toMatchObject({ individualised: individualise });
    return LabPlayer.begin({ service, operator, lab, user });
  };

  beforeAll(async () => {
    service = await startService({ env });
    await connect();
    ada = await begin(LAB, 'ada', true);
    bob = await begin(LAB, 'bob', true);
  }, 120_000);

  afterAll(async () => {
    await database?.end();
    await service?.remove();
  }, 60_000);

  const base = (player: LabPlayer) => `/v1/sandboxes/${player.sandbox}/progress`;

  const see = async (player: LabPlayer, id: string, locale = 'en'): Promise<Shown> => {
    const { body } = await player.api.get(`${base(player)}?locale=${locale}`);
    return body.objectives.find((o: Shown) => o.id === id);
  };

  const until = (player: LabPlayer, id: string, state: string) =>
    player.progress.until(
      `${id} ${state}`,
      (p) => p.objectives.find((o) => o.id === id)!.state === state,
      30_000,
    );

  const drawn = async (player: LabPlayer): Promise<Record<string, string>> => {
    const { rows } = await database.query<{ draw: Draw }>('SELECT draw FROM "Sandbox" WHERE id = $1', [
      player.sandbox,
    ]);
    const lab = loadLab(LAB, await readLabFolder(`test/labs/${LAB}`));
    if (!lab.ok) throw new Error('the lab does not load');
    return labValues(lab.spec, rows[0]!.draw) as Record<string, string>;
  };

  /** Payloads of one kind of event of a sandbox, in order. */
  const events = async (player: LabPlayer, type: string): Promise<Record<string, unknown>[]> => {
    const { rows } = await database.query<{ payload: Record<string, unknown> }>(
      'SELECT payload FROM "Event" WHERE "sandboxId" = $1 AND type = $2 ORDER BY xid, id',
      [player.sandbox, type],
    );
    return rows.map((row) => row.payload);
  };

  it('gives each learner values of their own: in the texts, in the shell and in what is asked for', async () => {
    const [mine, theirs] = [await drawn(ada), await drawn(bob)];
    expect(mine['net']).not.toBe(theirs['net']);
    expect(mine['secret']).toMatch(/^[a-z2-9]{16}$/);
    const lab = await ada.api.get(`/v1/sandboxes/${ada.sandbox}/lab?locale=en`);
    expect(lab.body.instructionsHtml).toContain(`Create ${mine['word']} with ${mine['net']}.1.`);
    expect((await see(ada, 'addressed')).title).toBe(`Give ${mine['net']}.1`);
    expect(await ada.type('echo "is $net $word $secret."')).toContain(`is ${mine['net']} ${mine['word']} .`);
    await ada.type('ip link add good0 type bridge; ip addr add $net.1/24 dev good0');
    await until(ada, 'addressed', 'passed');
    expect((await see(bob, 'addressed')).state).toBe('pending');
  }, 60_000);

  it('takes the own token, flags that of another learner, and shows neither to anybody', async () => {
    const [mine, theirs] = [await drawn(ada), await drawn(bob)];
    await ada.type(`echo ${theirs['secret']} > ~/note`);
    const flagged = async () => {
      for (const end = Date.now() + 30_000; Date.now() < end;) {
        const { body } = await operator.get(base(ada));
        if (body.flags.length > 0) return body.flags;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return [];
    };
    expect(await flagged()).toEqual([{ flag: 'foreign-token', subject: 'note' }]);
    expect((await ada.api.get(base(ada))).body.flags).toEqual([]);
    expect((await see(ada, 'told')).state).toBe('pending');
    await ada.type(`echo ${mine['secret']} > ~/note`);
    await until(ada, 'told', 'passed');
    const { evidenceId } = await see(ada, 'told');
    const evidence = await operator.get(`${base(ada)}/evidence/${evidenceId}`);
    expect(evidence.body.body.observations.note.text).toBe('[redacted]');
    expect(JSON.stringify((await operator.get(base(ada))).body)).not.toContain(mine['secret']);
    expect(service.output()).not.toContain(mine['secret']);
    expect(await events(ada, 'run.flagged')).toEqual([{ flag: 'foreign-token', subject: 'note' }]);
    const audit = await operator.get(`/v1/audit?action=grading.foreign_token&subject=${ada.sandbox}`);
    expect(audit.body.items[0].detail).toMatchObject({ ofSandbox: bob.sandbox });
  }, 90_000);

  it('says why something failed, lets it be tried again as often as the lab says, and says why not more', async () => {
    const retry = (id: string) => ada.api.post(`${base(ada)}/objectives/${id}/retry?locale=en`);
    await until(ada, 'careful', 'passed');
    expect((await retry('careful')).body.detail).toBe(
      '"careful" has not failed; there is nothing to try again.',
    );
    await ada.type('ip link add bad0 type bridge');
    await until(ada, 'careful', 'failed');
    expect((await see(ada, 'careful', 'en')).explanation!.text).toBe('bad0 was made.');
    expect((await see(ada, 'careful', 'fr')).explanation!.text).toBe('bad0 a été créée.');
    await ada.type('ip link del bad0');
    const again = await retry('careful');
    expect([again.status, again.body.objectives.find((o: Shown) => o.id === 'careful').retries]).toEqual([
      200,
      { left: 0, allowed: 1 },
    ]);
    await until(ada, 'careful', 'passed');
    await ada.type('ip link add bad0 type bridge');
    await until(ada, 'careful', 'failed');
    const third = await retry('careful');
    expect([third.status, third.body.code, third.body.detail]).toEqual([
      409,
      'conflict',
      'All 1 retries of "careful" are used up.',
    ]);
    await ada.type('ip link add trap0 type bridge');
    await until(ada, 'trapped', 'failed');
    expect((await see(ada, 'trapped')).explanation).toMatchObject({
      text: 'trap0 existed.',
      kind: 'tripped',
    });
    expect((await retry('trapped')).body.detail).toMatch(/tripwire "trap", which is never taken back/);
  }, 120_000);

  it('opens a hint once its condition held', async () => {
    expect((await see(bob, 'careful')).hints[0]).toMatchObject({ available: false, text: null });
    await bob.type('ip link add almost0 type bridge');
    await bob.progress.until(
      'the hint',
      (p) => (p.objectives.find((o) => o.id === 'careful') as unknown as Shown).hints[0]!.available,
      30_000,
    );
    expect((await see(bob, 'careful')).hints[0]).toMatchObject({ text: 'Almost.' });
  }, 60_000);

  it('starts the time allowed with the objective that is named, and fails when it is over', async () => {
    await ada.type('sleep 1.5; ip netns add $word');
    await until(ada, 'made', 'passed');
    await until(ada, 'quick', 'failed');
    const { explanation } = await see(ada, 'quick');
    expect(explanation).toMatchObject({ kind: 'late', text: 'The time for this objective (1 s) is over.' });
    expect((await see(ada, 'quick', 'fr')).explanation!.text).toBe(
      'Le temps prévu pour cet objectif (1 s) est écoulé.',
    );
  }, 60_000);

  it('lets a person decide: it counts, opens what needs it, is shown and audited, and can be taken back', async () => {
    const decide = (api: Api, body: unknown) => api.post(`${base(ada)}/objectives/quick/override`, body);
    const word = { state: 'passed', reason: 'The machine was slow.', by: 'Ms Noether' };
    const learner = ada.api as unknown as Api;
    expect((await decide(learner, word)).status).toBe(403);
    expect((await decide(operator, { state: 'passed' })).status).toBe(400);
    expect((await decide(operator, { clear: true })).body.code).toBe('conflict');
    const before = (await operator.get(base(ada))).body.score.points;
    const decided = await decide(operator, word);
    expect(decided.body.score.points).toBe(before + 2);
    expect(await see(ada, 'quick')).toMatchObject({
      state: 'passed',
      credited: true,
      explanation: null,
      overridden: { by: 'Ms Noether', reason: 'The machine was slow.' },
    });
    await ada.type('ip link add after0 type bridge');
    await until(ada, 'after', 'passed');
    expect((await operator.get(base(bob))).body.objectives.every((o: Shown) => !o.overridden)).toBe(true);
    const audit = await operator.get(`/v1/audit?action=grading.overridden&subject=${ada.sandbox}`);
    expect(audit.body.items[0].detail).toMatchObject({
      objective: 'quick',
      state: 'passed',
      by: 'Ms Noether',
    });
    expect(await events(ada, 'objective.override')).toMatchObject([{ objective: 'quick', state: 'passed' }]);
    await decide(operator, { clear: true });
    expect(await see(ada, 'quick')).toMatchObject({ state: 'failed', overridden: null });
    await decide(operator, word);
  }, 60_000);

  it('stands after kill -9: states, words of people and values; a hold begins anew and no event is told twice', async () => {
    await ada.type('ip link add held0 type bridge');
    await until(ada, 'held', 'holding');
    const before = (await operator.get(`${base(ada)}?locale=en`)).body;
    const values = await drawn(ada);
    for (const { progress, terminal } of [ada, bob]) {
      progress.close();
      await terminal.close();
    }
    await database.end();
    await service.kill();
    service = await startService({
      stateDir: service.stateDir,
      env: { ...env, PORT: new URL(service.url).port },
    });
    await connect();
    const learner = await operator.as('ada');
    const now = async () => (await learner.get(`${base(ada)}?locale=en`)).body;
    for (const end = Date.now() + 30_000; Date.now() < end;) {
      const held = (await now()).objectives.find((o: Shown) => o.id === 'held');
      if (held.state === 'holding') break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const after = await now();
    const states = (progress: { objectives: Shown[] }) =>
      progress.objectives.map(({ id, title, state, credited, explanation, overridden, retries }) => ({
        ...{ id, title, state, credited, retries },
        why: explanation?.text,
        who: overridden?.by,
      }));
    expect(states(after)).toEqual(states(before));
    expect(after.score).toEqual(before.score);
    expect(await drawn(ada)).toEqual(values);
    // Each change goes on where the one before ended.
    const last = new Map<unknown, unknown>();
    for (const { objective, from, to } of await events(ada, 'objective.state')) {
      expect([objective, from]).toEqual([objective, last.get(objective) ?? 'blocked']);
      last.set(objective, to);
    }
    expect(await events(ada, 'run.flagged')).toHaveLength(1);
    expect(await events(ada, 'tripwire.tripped')).toHaveLength(1);
  }, 90_000);

  it('freezes when asked and when the sandbox goes, and lists the runs that are over', async () => {
    const learner = await operator.as('ada');
    const final = await learner.post(`${base(ada)}/final`);
    expect(final.body).toMatchObject({ provisional: false, confirmed: null });
    expect((await learner.post(`${base(ada)}/objectives/careful/retry`)).body.detail).toBe(
      'The score is frozen.',
    );
    expect((await operator.post(`${base(ada)}/confirm`)).body.detail).toMatch(/not provisional/);
    const runs = async () => (await learner.get(`${base(ada)}/runs`)).body.items;
    expect(await runs()).toMatchObject([{ sandboxId: ada.sandbox, cause: 'asked', score: final.body.score }]);
    const reset = await learner.post(`/v1/sandboxes/${ada.sandbox}/reset`);
    expect(reset.body).toMatchObject({ individualised: true, replacesId: ada.sandbox });
    const next = reset.body.id as string;
    // Its values are drawn anew.
    const titles = async (id: string) =>
      (await learner.get(`/v1/sandboxes/${id}/progress?locale=en`)).body.objectives[1].title;
    expect(await titles(next)).not.toBe(await titles(ada.sandbox));
    await operator.post(`/v1/sandboxes/${next}/progress/check`);
    await learner.delete(`/v1/sandboxes/${next}`);
    for (const end = Date.now() + 30_000; Date.now() < end && (await runs()).length < 2;)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await runs()).toMatchObject([
      { sandboxId: next, cause: 'released', individualised: true, score: { points: 0 } },
      { sandboxId: ada.sandbox, cause: 'asked' },
    ]);
    // A grade is corrected after the end, too.
    const ended = `/v1/sandboxes/${next}/progress`;
    await operator.post(`${ended}/objectives/made/override`, { state: 'passed', reason: 'Shown by hand.' });
    expect((await learner.get(ended)).body.score.points).toBe(4);
    expect((await runs())[0].score.points).toBe(4);
  }, 90_000);

  it("is won with drawn addresses by the course's own commands", async () => {
    const carl = await begin(COURSE, 'carl', true);
    const { body } = await carl.api.get(`/v1/sandboxes/${carl.sandbox}/lab?locale=en`);
    expect(body.instructionsHtml).not.toContain('10.0.0.1');
    await carl.solve(COURSE);
    expect(carl.progress.latest!.score.fraction).toBe(1);
    await carl.leave(operator);
  }, 120_000);

  it('shows nothing before a check, or before the freeze, where the lab says so; people see everything', async () => {
    for (const lab of ['net-on-check', 'net-after-freeze']) {
      const eve = await begin(lab, 'eve');
      const progress = `/v1/sandboxes/${eve.sandbox}/progress`;
      const learner = async () => (await eve.api.get(progress)).body;
      await eve.type('ip netns add red');
      for (const end = Date.now() + 30_000; Date.now() < end;) {
        if ((await operator.get(progress)).body.score.points === 1) break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const staff = (await operator.get(progress)).body;
      expect(staff.objectives[0]).toMatchObject({ state: 'passed', credited: true });
      expect(await learner()).toMatchObject({
        score: { points: 0 },
        shownAt: null,
        objectives: [{ state: 'pending', credited: false, evidenceId: null }],
      });
      const secret = `${progress}/evidence/${staff.objectives[0].evidenceId}`;
      expect((await eve.api.get(secret)).status).toBe(404);
      const { rows } = await database.query(
        'SELECT 1 FROM "Event" WHERE "sandboxId" = $1 AND type = $2 AND "userId" IS NOT NULL',
        [eve.sandbox, 'objective.state'],
      );
      expect(rows).toEqual([]);
      const checked = (await eve.api.post(`${progress}/check`)).body;
      expect(checked.objectives[0].state).toBe(lab === 'net-on-check' ? 'passed' : 'pending');
      expect((await eve.api.get(secret)).status).toBe(lab === 'net-on-check' ? 200 : 404);
      expect((await eve.api.post(`${progress}/final`)).body).toMatchObject({
        score: { points: 1 },
        shownAt: null,
      });
      expect((await eve.api.get(secret)).status).toBe(200);
      await eve.leave(operator);
    }
  }, 120_000);
});
