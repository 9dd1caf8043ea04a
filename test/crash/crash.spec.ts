import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Api } from '../support/api.js';
import { describeWith } from '../support/capability.js';
import { type HostSnapshot, settledSnapshot, takeSnapshot } from '../support/host-snapshot.js';
import { removeState, scopeOf, startService, type TestService } from '../support/test-app.js';

/** The one with the most steps, and one with few. */
const LAB = 'net-bridge-from-scratch';
const PLAIN = 'net-ovs-two-namespaces';
const FINAL = ['released', 'failed'];

/** Places where the service is killed: before and after each step, and around what is written of it. */
const MAKING = [
  'after:insert',
  'before:provision',
  'before:host.bundle',
  'after:host.bundle',
  'before:host.run',
]
  .concat(['after:host.run', 'before:host.ready', 'after:host.ready', 'before:host.uplink'])
  .concat(['after:host.uplink', 'before:ready', 'after:ready']);
const ENDING = ['before:destroy', 'after:destroy'];
const RANDOM_KILLS = 20;

interface Listed {
  id: string;
  state: string;
}

describeWith(['root', 'runc'], 'a service that is killed with -9', () => {
  let stateDir: string;
  let service: TestService | undefined;

  beforeAll(() => {
    stateDir = mkdtempSync(path.join(tmpdir(), 'wh-crash-'));
  });

  afterAll(async () => {
    await service?.stop();
    await removeState(stateDir);
  });

  const start = async (fault?: string): Promise<Api> => {
    await service?.kill();
    service = await startService({ stateDir, env: fault === undefined ? {} : { WHEELHOUSE_FAULT: fault } });
    return new Api(service.url, service.operatorKey);
  };

  /** Of this installation alone: another one may work on the same machine. */
  const snapshot = () => takeSnapshot(scopeOf(stateDir));
  const snapshotLike = (wanted: HostSnapshot) => settledSnapshot(scopeOf(stateDir), wanted);

  const all = async (api: Api): Promise<Listed[]> =>
    (await api.get('/v1/sandboxes?limit=200')).body.items as Listed[];

  const until = async (api: Api, test: (list: Listed[]) => boolean): Promise<Listed[]> => {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const list = await all(api);
      if (test(list)) return list;
      if (Date.now() > deadline) throw new Error(`not settled within 20 s: ${JSON.stringify(list)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  const settled = (list: Listed[]) => list.every((s) => s.state === 'ready' || FINAL.includes(s.state));
  const ended = (list: Listed[]) => list.every((s) => FINAL.includes(s.state));

  const releaseAll = async (api: Api) => {
    for (const s of await all(api)) if (!FINAL.includes(s.state)) await api.delete(`/v1/sandboxes/${s.id}`);
    await until(api, ended);
  };

  /** Once per test: what the machine looks like when the service serves and has no sandbox. */
  const quiet = async () => {
    const api = await start();
    await releaseAll(api);
    const seen = await snapshot();
    await service!.kill();
    return seen;
  };

  it('makes every sandbox ready or gone, whichever step it died at, and leaves nothing behind', async () => {
    const before = await quiet();
    for (const point of [...MAKING, ...ENDING]) {
      const api = await start(point);
      const dying = service!.ended;
      const made = api.post('/v1/sandboxes', { lab: LAB, user: 'crash' }).catch(() => undefined);
      if (ENDING.includes(point)) {
        const answer = await made;
        await api.delete(`/v1/sandboxes/${answer!.body.id}`).catch(() => undefined);
      }
      await dying;
      await made;
      const next = await start();
      const list = await until(next, settled);
      const living = list.filter((s) => s.state === 'ready').length;
      // A sandbox whose row was written is made after all; one that was being released is not kept.
      expect([point, living]).toEqual([point, ENDING.includes(point) ? 0 : 1]);
      await releaseAll(next);
      expect([point, await snapshotLike(before)]).toEqual([point, before]);
      await service!.kill();
    }
  }, 480_000);

  it(`does so at ${RANDOM_KILLS} random moments of a busy service too`, async () => {
    const before = await quiet();
    for (let round = 0; round < RANDOM_KILLS; round++) {
      const api = await start();
      const delay = Math.floor(Math.random() * 400);
      const busy = Array.from({ length: 6 }, async (_, n) => {
        const made = await api.post('/v1/sandboxes', { lab: n < 2 ? LAB : PLAIN, user: `r${round}-${n}` });
        if (n % 2 === 0) await api.delete(`/v1/sandboxes/${made.body.id}`);
      }).map((p) => p.catch(() => undefined));
      await new Promise((resolve) => setTimeout(resolve, delay));
      await service!.kill();
      await Promise.all(busy);
      const next = await start();
      const context = `round ${round}, killed after ${delay} ms`;
      await until(next, settled);
      await releaseAll(next);
      expect([context, await snapshotLike(before)]).toEqual([context, before]);
      await service!.kill();
    }
  }, 600_000);
});
