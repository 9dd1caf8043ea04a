import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLogger } from '../../src/common/logger.js';
import { systemClock } from '../../src/common/clock.js';
import { ROOT } from '../../src/config/root.js';
import { EmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { PrismaService } from '../../src/database/prisma.service.js';
import { Bus } from '../../src/events/bus.js';
import { EventOutbox } from '../../src/events/outbox.js';
import { GradingRepository, type Change } from '../../src/grading/grading.repository.js';
import { LogRepository } from '../../src/grading/log/log.repository.js';
import { Retention } from '../../src/grading/log/retention.js';
import { replay } from '../../src/grading/replay.js';
import { labSpecSchema } from '../../src/labs/lab-spec.js';
import { Api } from '../support/api.js';
import { describeWith } from '../support/capability.js';
import { LabPlayer } from '../support/lab-player.js';
import { startService, testEnv, type TestService } from '../support/test-app.js';

const LAB = 'net-ovs-two-namespaces';
const FOLDER = path.join(ROOT, 'labs', LAB);

describeWith(['root', 'runc', 'ovs'], 'the log of a run', () => {
  let service: TestService;
  let folder: string;
  let prisma: PrismaService;
  let run: string;

  const again = (...args: string[]) =>
    spawnSync(process.execPath, [path.join(ROOT, 'dist/src/cli.js'), 'lab', 'replay', ...args], {
      cwd: ROOT,
      env: testEnv(service.stateDir),
      encoding: 'utf8',
    });

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'wh-replay-'));
    service = await startService();
    const operator = new Api(service.url, service.operatorKey);
    let ada = await LabPlayer.begin({ service, operator, lab: LAB, user: 'ada' });
    run = ada.sandbox;
    await ada.type('ip netns add red; ip netns add green');
    await ada.points(2, 'after the namespaces');
    await ada.type('ovs-vsctl add-br ovs1');
    await ada.points(4, 'after the bridge');
    await ada.type('ip netns del green');
    await ada.points(2, 'after one namespace went');
    // In the middle of it all: the shell is gone, the sandbox stays.
    await ada.detach();
    await service.kill();
    service = await startService({ stateDir: service.stateDir });
    ada = await LabPlayer.begin({
      service,
      operator: new Api(service.url, service.operatorKey),
      lab: LAB,
      user: 'ada',
    });
    expect(ada.sandbox).toBe(run);
    await ada.type(
      'ip netns add green; ip link add eth0-r type veth peer name veth-r; ip link set eth0-r netns red',
    );
    await ada.points(5, 'after the pair');
    const frozen = await ada.api.post(`/v1/sandboxes/${run}/progress/final`);
    expect(frozen.body).toMatchObject({ score: { points: 5 } });
    const runs = await ada.api.get(`/v1/sandboxes/${run}/progress/runs`);
    expect(runs.body.items).toMatchObject([{ sandboxId: run, replay: 'complete' }]);
    await ada.detach();
    prisma = new PrismaService(new EmbeddedPostgres(service.stateDir, silentLogger).url(), silentLogger);
  }, 180_000);

  afterAll(async () => {
    await prisma?.close();
    await service.remove();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('folds to the very same transitions, over a kill -9 of the service', () => {
    const { status, stdout, stderr } = again(run, '--json');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      run,
      identical: true,
      replay: 'complete',
      differences: [],
      score: { points: 5, max: 20 },
    });
    expect(status).toBe(0);
    expect(again(run).stdout).toMatch(
      /looks, \d+ transitions, replay: complete\nidentical\nscore: 5 of 20\n$/,
    );
  }, 60_000);

  it('never contradicts what is stored: each event of a state is in it, in the same order', async () => {
    const { rows } = await prisma.pool.query<{ payload: { objective: string; from: string; to: string } }>(
      `SELECT payload FROM "Event" WHERE "sandboxId" = $1 AND type = 'objective.state' ORDER BY id`,
      [run],
    );
    const told = rows.map(({ payload: { objective, from, to } }) => [objective, from, to]);
    const segments = await new LogRepository(prisma).read(run);
    expect(segments.length).toBe(2);
    const lab = await prisma.client.lab.findFirstOrThrow({ where: { slug: LAB } });
    const version = await prisma.client.labVersion.findUniqueOrThrow({
      where: { id: lab.currentVersionId! },
    });
    const found = replay(
      segments.map(({ texts }) => texts),
      labSpecSchema.parse(version.spec),
    );
    expect(found.recorded.map(({ subject, from, to }) => [subject, from, to])).toEqual(told);
  });

  it('shows what another version of the lab makes of it, with the times', () => {
    const other = path.join(folder, LAB);
    cpSync(FOLDER, other, { recursive: true });
    const text = readFileSync(path.join(other, 'lab.yaml'), 'utf8');
    const bridge = /( *)- id: bridge\n/;
    expect(text).toMatch(bridge);
    writeFileSync(path.join(other, 'lab.yaml'), text.replace(bridge, '$&$1  needs: [pair-red]\n'));
    const { status, stdout, stderr } = again(run, '--lab', other);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^\d{4}-.*Z {2}bridge +recorded pending -> passed, replayed nothing$/m);
    expect(stdout).toMatch(/^\d{4}-.*Z {2}bridge +recorded nothing, replayed blocked -> passed$/m);
    expect(stdout).toMatch(/differs in \d+ transitions\nscore: 5 of 20\n$/);
    expect(status).toBe(1);
  }, 60_000);

  it('says what it cannot fold, and why', () => {
    expect(again('sb_nothing000')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('there is no run'),
    });
    expect(again()).toMatchObject({ status: 2, stderr: expect.stringContaining('which run?') });
    const version = again(run, '--lab', '9.9.9');
    expect([version.status, version.stderr]).toEqual([2, expect.stringContaining('there are: 1.0.0 (')]);
  }, 60_000);

  it('tells nothing twice when the answer to a write was lost, whether it brought evidence or not', async () => {
    const { tenantId, userId } = await prisma.client.sandbox.findUniqueOrThrow({ where: { id: run } });
    const repository = new GradingRepository(prisma, new EventOutbox(new Bus()));
    const event = (n: number) => ({ type: 'test.told' as never, payload: { n } });
    const decision = (n: number) => ({
      ...{ objectiveId: 'bridge', state: null, reason: `${n}`, by: 'Eve', actor: 'key', at: new Date() },
    });
    const body = { objective: 'bridge', from: 'a', to: 'b', observations: {}, explanation: null };
    const nothing = { objectives: [], past: [], trips: [], flags: [], hidden: false };
    const change = (n: number, o: Partial<Change>): Change => ({
      ...{ tenantId, sandboxId: run, userId: userId!, ...nothing, evidence: [] },
      events: Array.from({ length: n }, (_, i) => event(i)),
      decisions: Array.from({ length: n }, (_, i) => decision(i)),
      ...o,
    });
    const tries = [1, 2].map((n) => ({ marker: `evd_try${n}`, events: n, decisions: n }));
    const evidence = [{ id: 'evd_try2', body }];
    await repository.save(change(1, { marker: 'evd_try1' }));
    await repository.save(change(2, { marker: 'evd_try2', evidence, tries: tries.slice(0, 1) }));
    await repository.save(change(3, { marker: 'evd_try3', evidence, tries }));
    const told = await prisma.client.event.findMany({ where: { type: 'test.told' }, orderBy: { id: 'asc' } });
    expect(told.map(({ payload }) => payload)).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
    const decided = await prisma.client.override.findMany({
      where: { sandboxId: run },
      orderBy: { id: 'asc' },
    });
    expect(decided.map(({ reason }) => reason)).toEqual(['0', '1', '2']);
  });

  it('is deleted once it is old, with all that was observed; what was decided stays', async () => {
    const count = async () => {
      const { rows } = await prisma.pool.query<Record<string, string>>(
        `SELECT (SELECT count(*) FROM "RunLog") AS log, (SELECT count(*) FROM "Evidence") AS evidence,
           (SELECT count(*) FROM "ObjectiveState") AS states`,
      );
      return rows[0]!;
    };
    const before = await count();
    expect(Number(before['log'])).toBeGreaterThan(0);
    const later = (days: number) =>
      new Retention(
        prisma,
        { ...systemClock, now: () => Date.now() + days * 86_400_000 },
        silentLogger,
      ).prune();
    await later(89);
    expect(await count()).toEqual(before);
    await later(91);
    expect(await count()).toEqual({ ...before, log: '0', evidence: '0' });
    expect(again(run)).toMatchObject({ status: 2, stderr: expect.stringContaining('has no log') });
  }, 60_000);
});
