import { Api, type ApiAnswer } from '../support/api.js';
import { BoardClient } from '../support/board-client.js';
import { OpenApiCheck } from '../support/openapi-check.js';
import { TerminalClient } from '../support/terminal-client.js';
import { startService, type TestService } from '../support/test-app.js';

const LAB = 'net-ovs-two-namespaces';
const FIRST = 'namespaces';

describe('the board of a cohort', () => {
  let service: TestService;
  let operator: Api;
  let prof: Api;
  let profToken: string;
  const boards: BoardClient[] = [];
  const sandboxes: Record<string, string> = {};

  const start = async (stateDir?: string) => {
    service = await startService({
      env: { WHEELHOUSE_HOST_PROVIDER: 'fake', WHEELHOUSE_PTY_LOCAL: 'true' },
      ...(stateDir === undefined ? {} : { stateDir }),
    });
    operator = new Api(service.url, service.operatorKey);
    operator.inspect = (await OpenApiCheck.load(service.url)).inspect;
    profToken = (await operator.post('/v1/users/prof/tokens', { as: 'instructor' })).body.token;
    prof = new Api(service.url, profToken);
    prof.inspect = operator.inspect;
  };

  beforeAll(async () => {
    service = await startService({ env: { WHEELHOUSE_HOST_PROVIDER: 'fake', WHEELHOUSE_PTY_LOCAL: 'true' } });
    operator = new Api(service.url, service.operatorKey);
    await operator.put('/v1/users/prof', { displayName: 'Professor Ada' });
    await service.stop();
    await start(service.stateDir);
    await operator.post('/v1/cohorts', { slug: 'class', title: 'A class' });
    await operator.put('/v1/cohorts/class/members', {
      members: [
        { user: 'prof', role: 'instructor' },
        ...['ann', 'bob', 'cyd'].map((user, i) => ({
          user,
          displayName: `Learner ${user}`,
          group: `g${i % 2}`,
        })),
        { user: 'dan', displayName: '=HYPERLINK("http://x")' },
      ],
    });
    for (const user of ['ann', 'bob', 'cyd']) sandboxes[user] = await allocate(user);
  }, 90_000);

  afterAll(async () => {
    for (const board of boards) board.close();
    await service?.remove();
  }, 60_000);

  const allocate = async (user: string): Promise<string> =>
    (await operator.post('/v1/sandboxes', { lab: LAB, user, cohort: 'class' })).body.id;
  const follow = async (o: { query?: string; lastId?: string } = {}): Promise<BoardClient> => {
    const board = await BoardClient.open({ url: service.url, cohort: 'class', credential: profToken, ...o });
    boards.push(board);
    if (o.lastId === undefined) await board.until('aggregates', () => board.aggregates.length > 0);
    return board;
  };
  const decide = (user: string, objective: string, state: string) =>
    operator.post(`/v1/sandboxes/${sandboxes[user]}/progress/objectives/${objective}/override`, {
      state,
      reason: 'for this test',
    });
  /** The audit log is written behind the answer. */
  const written = async (id: string): Promise<object> => {
    for (;;) {
      const { body } = await operator.get('/v1/audit?action=cohort.action');
      const found = body.items.find((item: any) => item.detail.id === id);
      if (found) return found.detail;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const act = (body: object): Promise<ApiAnswer> => prof.post('/v1/cohorts/class/actions', body);

  it('shows every learner, also those who have not begun, filtered and sorted', async () => {
    const { body } = await prof.get('/v1/cohorts/class/board?locale=en');
    expect(body.cohort).toMatchObject({ slug: 'class', title: 'A class' });
    expect(body.rows.map((row: { externalId: string }) => row.externalId)).toEqual([
      'dan',
      'ann',
      'bob',
      'cyd',
    ]);
    expect(body.rows[0]).toMatchObject({ lab: null, sandboxId: null, current: null, score: null });
    expect(body.rows[1]).toMatchObject({ lab: LAB, sandboxState: 'ready', score: { points: 0, max: 20 } });
    expect(body.rows[1].current.objective).toBe(FIRST);
    expect(body.labs[0].objectives[0]).toEqual({
      id: FIRST,
      title: 'Create the namespaces red and green',
      weight: 2,
    });
    const names = async (query: string) =>
      (await prof.get(`/v1/cohorts/class/board?${query}`)).body.rows.map((row: { name: string }) => row.name);
    expect(await names('group=g0&order=desc')).toEqual(['Learner cyd', 'Learner ann']);
    expect(await names('q=BOB')).toEqual(['Learner bob']);
    expect(await names('mark=stuck')).toEqual([]);
    expect((await prof.get('/v1/cohorts/class/board?sort=luck')).status).toBe(400);
  });

  it('is nobody’s but the instructors’ and the platform’s', async () => {
    const ann = await operator.as('ann');
    for (const path of ['', '/board', '/export', '/members'])
      expect((await ann.get(`/v1/cohorts/class${path}`)).status).toBe(403);
    expect(
      (await ann.post('/v1/cohorts/class/actions', { action: 'release', sandboxes: 'all' })).status,
    ).toBe(403);
    const { body } = await operator.post('/v1/users/ann/tokens', { as: 'instructor' });
    expect((await new Api(service.url, body.token).get('/v1/cohorts/class/board')).status).toBe(404);
  });

  it('follows states, scores, attachments and hands as they change', async () => {
    const board = await follow();
    await decide('ann', FIRST, 'passed');
    await board.until('the pass', () => board.of('ann')?.cells[FIRST]?.state === 'passed');
    await board.until('its points', () => board.of('ann')?.score?.points === 2);
    expect(board.of('bob')?.cells[FIRST]?.state).not.toBe('passed');
    await board.until('the sum', () =>
      board.aggregates.some((a) => a.objective === FIRST && a.states['passed'] === 1),
    );

    const ann = await operator.as('ann');
    const terminal = await ann.post(`/v1/sandboxes/${sandboxes['ann']}/terminals`, {
      target: { kind: 'local' },
    });
    const { url } = (await ann.post(`/v1/terminals/${terminal.body.id}/tickets`)).body;
    const client = await TerminalClient.connect({ url: service.url.replace('http', 'ws') + url });
    await board.until('the attachment', () => board.of('ann')?.connected === true);
    await client.close();
    await board.until('the detachment', () => board.of('ann')?.connected === false);

    expect((await ann.post(`/v1/sandboxes/${sandboxes['ann']}/raise-hand`)).status).toBe(200);
    await board.until('the hand', () => board.of('ann')?.handRaisedAt !== null);
    expect((await prof.get('/v1/cohorts/class/board?mark=hand')).body.rows).toHaveLength(1);
    expect((await prof.post(`/v1/sandboxes/${sandboxes['ann']}/raise-hand`)).status).toBe(403);
    const lowered = await act({ action: 'lower-hand', sandboxes: [sandboxes['ann']] });
    expect(lowered.body).toMatchObject({ succeeded: 1, failed: 0 });
    await board.until('no hand', () => board.of('ann')?.handRaisedAt === null);
    expect(board.snapshots).toBe(1);
  });

  it('resumes after the last event that was read, and begins anew where it cannot', async () => {
    const board = await follow();
    board.close();
    await decide('bob', FIRST, 'passed');
    const resumed = await follow({ lastId: board.lastId });
    await resumed.until('what was missed', () =>
      [...resumed.rows.values()].some((row) => row.cells[FIRST]?.state === 'passed'),
    );
    expect(resumed.snapshots).toBe(0);
    const anew = await follow({ lastId: '000000000000-7' });
    await anew.until('a snapshot', () => anew.rows.size === 4 && anew.snapshots === 1);
  });

  it('tells learners what instructors write, each of them by name', async () => {
    const ann = await operator.as('ann');
    const stop = new AbortController();
    const { body: feed } = await fetch(`${service.url}/v1/events`, {
      headers: { authorization: `Bearer ${(await operator.post('/v1/users/ann/tokens')).body.token}` },
      signal: stop.signal,
    });
    const reader = feed!.pipeThrough(new TextDecoderStream()).getReader();
    const sent = await act({ action: 'message', sandboxes: 'all', text: 'Five minutes left' });
    expect(sent.body).toMatchObject({ succeeded: 3, failed: 0 });
    let text = '';
    while (!text.includes('sandbox.message')) text += (await reader.read()).value ?? '';
    stop.abort();
    expect(text).toContain('{"from":"Professor Ada","text":"Five minutes left"}');
    expect(text).not.toContain(sandboxes['bob']);
    expect((await ann.get(`/v1/sandboxes/${sandboxes['ann']}`)).body.state).toBe('ready');
  });

  it('acts on many at once, says of each what came of it, and how far it is', async () => {
    const board = await follow();
    const other = (await operator.post('/v1/sandboxes', { lab: LAB, user: 'zoe' })).body.id;
    const targets = [sandboxes['ann']!, sandboxes['bob']!, other, 'sb_0000000000'];
    const done = await act({ action: 'extend', sandboxes: targets, minutes: 5 });
    expect(done.body).toMatchObject({ action: 'extend', succeeded: 2, failed: 2 });
    expect(done.body.results.map((r: any) => [r.sandbox, r.ok, r.code])).toEqual([
      [targets[0], true, undefined],
      [targets[1], true, undefined],
      [other, false, 'not_found'],
      ['sb_0000000000', false, 'not_found'],
    ]);
    await board.until('the end of the action', () =>
      board.actions.some((a) => a.id === done.body.id && a.done === 4 && a.failed === 2 && a.total === 4),
    );
    const reset = await act({ action: 'reset', sandboxes: [sandboxes['bob']] });
    const { replacedBy } = reset.body.results[0];
    await board.until('the new one', () => board.of('bob')?.sandboxId === replacedBy);
    await board.until('all of it', () => board.of('bob')?.sandboxState === 'ready');
    expect(board.of('bob')?.cells[FIRST]?.state).not.toBe('passed');
    const released = await act({ action: 'release', sandboxes: 'all' });
    expect(released.body).toMatchObject({ succeeded: 3, failed: 0 });
    await board.until('the ends', () =>
      ['ann', 'bob', 'cyd'].every((user) => board.of(user)?.sandboxState === 'released'),
    );
    const late = await act({ action: 'message', sandboxes: [sandboxes['ann']], text: 'Too late' });
    expect(late.body.results[0]).toMatchObject({ ok: false, code: 'sandbox_expired' });
    expect(await written(late.body.id)).toMatchObject({ action: 'message', total: 1, failed: 1 });
  });

  it('takes those who join and who leave, and shows itself no longer to an instructor who is none any more', async () => {
    const board = await follow();
    await operator.put('/v1/cohorts/class/members', { members: [{ user: 'eve', displayName: 'Eve' }] });
    await board.until('the new one', () => board.of('eve') !== undefined);
    await operator.delete('/v1/cohorts/class/members/eve');
    await board.until('her absence', () => board.rows.size === 4 && board.of('eve') === undefined);
    await operator.delete('/v1/cohorts/class/members/prof');
    await board.ended;
    await operator.put('/v1/cohorts/class/members', { members: [{ user: 'prof', role: 'instructor' }] });
  });

  it('is exported as JSON and as CSV, in which nothing is a formula', async () => {
    const { body } = await prof.get('/v1/cohorts/class/export?format=json');
    expect(body.rows).toHaveLength(4);
    const response = await fetch(`${service.url}/v1/cohorts/class/export`, {
      headers: { authorization: `Bearer ${profToken}` },
    });
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="class.csv"');
    const [head, ...lines] = (await response.text()).trimEnd().split('\r\n');
    expect(head).toMatch(/^user,name,group,lab,.*,namespaces,namespaces_seconds,/);
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^dan,"'=HYPERLINK\(""http:\/\/x""\)",/);
  });

  it('is the same after a restart, from rows alone', async () => {
    const told = async () => {
      const { body } = await prof.get('/v1/cohorts/class/board');
      return body.rows;
    };
    const before = await told();
    await service.stop();
    await start(service.stateDir);
    expect(await told()).toEqual(before);
    expect(before[1]).toMatchObject({ name: 'Learner ann', sandboxState: 'released', score: { points: 2 } });
  });
});
