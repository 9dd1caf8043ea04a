import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FeedEvent } from '../../src/events/feed.js';
import { Api } from '../support/api.js';
import { describeWith } from '../support/capability.js';
import { EventCheck } from '../support/event-check.js';
import { readStream } from '../support/event-stream.js';
import { removeState, startService, type TestService } from '../support/test-app.js';
import { type Received, WebhookReceiver } from '../support/webhook-receiver.js';

const LAB = 'net-ovs-two-namespaces';
const LEARNERS = 30;
const users = Array.from({ length: LEARNERS }, (_, n) => `ada-${n}`);

/** As a training platform does it: users, a class, machines, webhooks, grades. Its receiver and the service both fail. */
describeWith(['root', 'runc'], 'a platform that follows a class by webhooks', () => {
  let stateDir: string;
  let service: TestService;
  let api: Api;
  let beginning: string;
  const receiver = new WebhookReceiver();

  const start = async () => {
    service = await startService({ stateDir, env: { WHEELHOUSE_WEBHOOK_ALLOW: '127.0.0.1/32' } });
    api = new Api(service.url, service.operatorKey);
  };

  beforeAll(async () => {
    stateDir = mkdtempSync(path.join(tmpdir(), 'wh-hooks-'));
    await start();
    await receiver.open();
  }, 90_000);

  afterAll(async () => {
    await receiver.close();
    await service.stop();
    await removeState(stateDir);
  }, 90_000);

  const states = (kept: Received[], state: string) =>
    kept.filter((m) => m.body.type === 'sandbox.state' && (m.body.data.payload as any).state === state)
      .length;

  it('gets every event once kept by its id, in the order of the feed for each sandbox', async () => {
    for (const user of users) await api.put(`/v1/users/${user}`);
    await api.post('/v1/cohorts', { slug: 'class', title: 'A class' });
    await api.put('/v1/cohorts/class/members', { members: users.map((user) => ({ user })) });
    const made = await api.post('/v1/webhooks', { url: receiver.url });
    expect(made.status).toBe(201);
    receiver.secret = made.body.secret;
    beginning = (await api.post('/v1/sandboxes', { lab: LAB, user: users[0], cohort: 'class' })).body.id;
    await receiver.until((kept) => states(kept, 'ready') === 1);
    const own = `/v1/sandboxes/${beginning}`;
    await api.post(`${own}/extend`);
    await api.post('/v1/cohorts/class/actions', { action: 'message', sandboxes: 'all', text: 'Welcome' });
    const judged = { state: 'passed', reason: 'seen by eye' };
    await api.post(`${own}/progress/objectives/namespaces/override`, judged);
    await receiver.until((kept) => kept.some((m) => m.body.type === 'score.changed'));

    // The receiver goes away, the class begins, and the service is killed among it.
    await receiver.close();
    const asked = await Promise.all(
      users.slice(1).map((user) => api.post('/v1/sandboxes', { lab: LAB, user, cohort: 'class' })),
    );
    expect(asked.map((answer) => answer.status)).toEqual(asked.map(() => 201));
    await service.kill();
    await start();
    const ids = [beginning, ...asked.map((answer) => answer.body.id as string)];
    await Promise.all(ids.map((id) => api.post(`/v1/sandboxes/${id}/progress/check`)));
    await receiver.open();
    await receiver.until((kept) => states(kept, 'ready') === LEARNERS);

    // And killed once more while messages fly.
    const released = ids.map((id) => api.delete(`/v1/sandboxes/${id}`).catch(() => undefined));
    await receiver.until((kept) => states(kept, 'releasing') >= 3);
    await service.kill();
    await Promise.all(released);
    await start();
    await Promise.all(ids.map((id) => api.delete(`/v1/sandboxes/${id}`)));
    await receiver.until((kept) => states(kept, 'released') === LEARNERS);

    const feed = await readStream({
      url: `${service.url}/v1/events`,
      credential: service.operatorKey,
      after: '0-0',
      enough: (frames) =>
        frames.filter((f) => f.event === 'sandbox.state' && (f.data.payload as any).state === 'released')
          .length === LEARNERS,
    });
    const last = feed.at(-1)!.id;
    await receiver.until((kept) => kept.some((m) => m.id === `evt_${last}`));
    expect(receiver.wrong).toEqual([]);
    const of = (events: FeedEvent[], id: string | null) => events.filter((e) => e.sandboxId === id);
    const sent = feed.map((f) => f.data);
    const got = receiver.kept.map((m) => m.body.data);
    for (const id of ids) {
      const seen = of(got, id);
      expect(seen.length).toBeGreaterThan(3);
      expect(seen).toEqual(of(sent, id).slice(0, seen.length));
      expect(seen.at(-1)).toMatchObject({ type: 'sandbox.state', payload: { state: 'released' } });
    }
    const types = new Set(sent.map((event) => event.type));
    expect([...types]).toEqual(
      expect.arrayContaining(['sandbox.extended', 'sandbox.message', 'objective.override', 'run.frozen']),
    );
    const check = await EventCheck.load(service.url);
    for (const message of receiver.kept) check.body(message.body);
    for (const event of sent) check.event(event);
  }, 240_000);

  it('reads the grades of the class', async () => {
    const { body } = await api.get('/v1/cohorts/class/board');
    expect(body.rows).toHaveLength(LEARNERS);
    const { status, body: progress } = await api.get(`/v1/sandboxes/${beginning}/progress`);
    expect(status).toBe(200);
    expect(progress.score.points).toBeGreaterThan(0);
  });
});
