import { readdirSync } from 'node:fs';
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
import { startService, type TestService } from '../support/test-app.js';
import { tracesOfMachine } from './attacks-evidence.js';

/** Values are drawn where it is asked for; the defaults are those of the file. */
const LAB = 'net-drawn';
const NET = '10.0.0';
/** More connections than this are made and broken off; the service may keep some to its database, and some helpers. */
const STORM = 100;
const SPARE_FILES = 40;

describeWith(['root', 'runc', 'ovs'], 'attacks on the grader through the service', () => {
  let service: TestService;
  let operator: Api;
  const players: LabPlayer[] = [];

  async function join(user: string, individualise = false): Promise<LabPlayer> {
    await operator.post('/v1/sandboxes', { lab: LAB, user, individualise });
    const player = await LabPlayer.begin({ service, operator, lab: LAB, user });
    players.push(player);
    return player;
  }

  /** No answer of the service shows it; it is in what the run was drawn from. */
  async function tokenOf(sandbox: string): Promise<string> {
    const connectionString = new EmbeddedPostgres(service.stateDir, silentLogger).url();
    const database = new pg.Client({ connectionString });
    await database.connect();
    const { rows } = await database.query<{ draw: Draw }>('SELECT draw FROM "Sandbox" WHERE id = $1', [
      sandbox,
    ]);
    await database.end();
    const lab = loadLab(LAB, await readLabFolder(`test/labs/${LAB}`));
    if (!lab.ok) throw new Error(`${LAB} does not load`);
    return String(labValues(lab.spec, rows[0]!.draw)['token']);
  }

  const openFiles = (): number => readdirSync(`/proc/${service.pid}/fd`).length;

  beforeAll(async () => {
    service = await startService({ env: { WHEELHOUSE_LABS: path.resolve('test/labs') } });
    operator = new Api(service.url, service.operatorKey);
  }, 120_000);

  afterEach(async () => {
    for (const player of players.splice(0)) await player.leave(operator);
  }, 60_000);

  afterAll(() => service?.remove(), 60_000);

  it('attack 17: floods of newlines, checks and connections are slowed down, and leave neighbours and the service as they were', async () => {
    const [ada, bob] = [await join('ada'), await join('bob')];
    const reaction = async (): Promise<number> => {
      const took: number[] = [];
      await bob.type('ip netns add red');
      for (const [verb, due] of [
        ['add', 'passed'],
        ['del', 'regressed'],
        ['add', 'passed'],
        ['del', 'regressed'],
      ]) {
        const started = performance.now();
        bob.terminal.line(`ip -n red addr ${verb} ${NET}.1/32 dev lo`);
        await bob.progress.until(due!, (p) => p.objectives.find((o) => o.id === 'addr')!.state === due);
        took.push(performance.now() - started);
      }
      await bob.type('ip netns del red');
      return Math.max(...took);
    };
    const before = await reaction();
    const filesBefore = openFiles();

    let flooding = true;
    const newlines = (async () => {
      for (; flooding; await new Promise((resolve) => setTimeout(resolve, 20)))
        ada.terminal.type('\n'.repeat(200));
    })();
    const url = `${service.url}/v1/sandboxes/${ada.sandbox}/progress`;
    const { body: token } = await operator.post('/v1/users/ada/tokens');
    const storm = (async () => {
      const headers = { accept: 'text/event-stream', authorization: `Bearer ${token.token}` };
      for (let i = 0; flooding || i < STORM; i++) {
        const gone = new AbortController();
        const response = await fetch(url, { headers, signal: gone.signal });
        expect([200, 429]).toContain(response.status);
        gone.abort();
      }
    })();
    const started = performance.now();
    const checks = Array.from({ length: 40 }, () => ada.api.post(`${url.slice(service.url.length)}/check`));
    const answers = await Promise.all(checks);
    const windows = 1 + Math.ceil((performance.now() - started) / 2000);
    const taken = answers.filter(({ status }) => status === 200).length;
    expect(taken).toBeGreaterThanOrEqual(1);
    expect(taken).toBeLessThanOrEqual(windows);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(new Set(refused.map(({ status, body }) => `${status} ${body.code}`))).toEqual(
      new Set(['429 rate_limited']),
    );
    const { body: listed } = await ada.api.get(`/v1/sandboxes/${ada.sandbox}/terminals`);
    const shell = listed.items[0].id;
    const tickets = await Promise.all(
      Array.from({ length: 60 }, () => ada.api.post(`/v1/terminals/${shell}/tickets`)),
    );
    expect(tickets.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(20);
    const during = await reaction();
    flooding = false;
    await Promise.all([newlines, storm]);
    const [was, is] = [before, during].map(Math.round);
    process.stderr.write(`a neighbour's reaction: ${was} ms before, ${is} ms beside the floods\n`);
    expect(during).toBeLessThan(Math.max(2000, 5 * before));

    // What was opened is closed, and the one who flooded is still graded.
    for (const end = Date.now() + 30_000; openFiles() > filesBefore + SPARE_FILES && Date.now() < end;)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(openFiles()).toBeLessThanOrEqual(filesBefore + SPARE_FILES);
    ada.terminal.line(`ip netns add red; ip -n red addr add ${NET}.1/32 dev lo`);
    await ada.progress.until('a point', (p) => p.score.points === 1, 30_000);
    expect(ada.progress.objectiveEvents.filter(({ to }) => to === 'error')).toEqual([]);
  }, 120_000);

  it('attack 18: a classmate’s answers are others than one’s own, and a token of theirs is told to the teacher alone', async () => {
    const [ada, bob] = [await join('ada', true), await join('bob', true)];
    const given = async (player: LabPlayer) => {
      const { body } = await player.api.get(`/v1/sandboxes/${player.sandbox}/lab?locale=en`);
      const net = /10\.\d+\.\d+/.exec(body.objectives[0].title)![0];
      return { net, token: await tokenOf(player.sandbox) };
    };
    const [adas, bobs] = [await given(ada), await given(bob)];
    expect(bobs.net).not.toBe(adas.net);
    expect(bobs.token).not.toBe(adas.token);

    const answers = ({ net, token }: typeof adas): string =>
      `ip netns add red; ip -n red addr add ${net}.1/32 dev lo; echo ${token} > ~/note`;
    await ada.type(answers(adas));
    await ada.points(2, 'for her own answers');
    await bob.type(answers(adas));
    const seen = async () => (await operator.get(`/v1/sandboxes/${bob.sandbox}/progress?locale=en`)).body;
    for (const end = Date.now() + 30_000; (await seen()).flags.length === 0 && Date.now() < end;)
      await new Promise((resolve) => setTimeout(resolve, 100));
    const { flags, score } = await seen();
    expect(flags).toEqual([{ flag: 'foreign-token', subject: 'note' }]);
    expect(score.points).toBe(0);
    const own = await bob.api.get(`/v1/sandboxes/${bob.sandbox}/progress`);
    expect(own.body.flags).toEqual([]);
    await bob.type(`ip -n red addr add ${bobs.net}.1/32 dev lo; echo ${bobs.token} > ~/note`);
    await bob.points(2, 'for his own answers');
    expect((await operator.get(`/v1/sandboxes/${ada.sandbox}/progress`)).body.flags).toEqual([]);

    // Neither token stands in anything that is stored or shown of either.
    const shown: unknown[] = [];
    for (const { sandbox } of [ada, bob]) {
      const { body } = await operator.get(`/v1/sandboxes/${sandbox}/progress`);
      shown.push(body);
      for (const { evidenceId } of body.objectives)
        shown.push((await operator.get(`/v1/sandboxes/${sandbox}/progress/evidence/${evidenceId}`)).body);
    }
    expect(tracesOfMachine(shown)).toEqual([]);
    for (const { token } of [adas, bobs]) expect(JSON.stringify(shown)).not.toContain(token);
  }, 120_000);
});
