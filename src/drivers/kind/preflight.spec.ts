import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { silentLogger } from '../../common/logger.js';
import type { Finding } from '../host-driver.js';
import { KindDriver } from './driver.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const SOUND = {
  ServerVersion: '26.1.5+dfsg1',
  DockerRootDir: '/',
  MemoryLimit: true,
  PidsLimit: true,
  CpuCfsQuota: true,
  SecurityOptions: ['name=seccomp,profile=builtin'],
};

type Answers = Record<string, { status?: number; body: unknown }>;

/** What an engine that works would say, and what a test changes of it. */
const engineOf = (more: Answers = {}): Answers => ({
  'GET /info': { body: SOUND },
  'GET /networks': { body: [] },
  'GET /images/node:test/json': { body: { Id: 'sha256:1' } },
  'POST /containers/create': { body: { Id: 'probe' } },
  'POST /containers/probe/start': { body: '' },
  'POST /containers/probe/wait': { body: { StatusCode: 0 } },
  'DELETE /containers/probe': { body: '' },
  ...more,
});

describe('what clusters need of a machine', () => {
  let folder: string;
  let server: Server | undefined;
  let asked: string[];

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'wh-kind-'));
    asked = [];
    program('docker', '');
    program('kind', 'echo "kind v0.30.0 go1.24 linux/amd64"');
  });

  afterEach(async () => {
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    server = undefined;
    rmSync(folder, { recursive: true });
  });

  function program(name: string, body: string): void {
    writeFileSync(path.join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(path.join(folder, name), 0o755);
  }

  async function serve(answers: Answers): Promise<void> {
    server = createServer((request, response) => {
      const what = `${request.method} ${new URL(request.url ?? '', 'http://engine').pathname}`;
      asked.push(what);
      const { status = 200, body } = answers[what] ?? { status: 404, body: { message: `no such ${what}` } };
      response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server!.listen(path.join(folder, 'engine.sock'), resolve));
  }

  function driver(more: { image?: string | undefined; networkPool?: string } = {}): KindDriver {
    return new KindDriver({
      stateDir: path.join(folder, 'state'),
      installId: 'test',
      image: 'image' in more ? more.image : 'node:test',
      networkPool: more.networkPool ?? '10.253.0.0/16',
      dockerHost: `unix://${folder}/engine.sock`,
      path: folder,
      logger: silentLogger,
      fence: { addBridge: () => Promise.resolve(), removeBridge: () => Promise.resolve() },
    });
  }

  async function finding(code: string, of: KindDriver = driver()): Promise<Finding> {
    const findings = await of.preflight();
    const found = findings.find((one) => one.code === code);
    if (!found) throw new Error(`no ${code} among ${findings.map((one) => one.code).join(', ')}`);
    return found;
  }

  it('names the engine that does not answer, and how to start it', async () => {
    const found = await finding('cluster.engine');
    expect(found).toMatchObject({
      level: 'fail',
      found: expect.stringContaining('engine.sock does not answer'),
    });
    expect(found.fix).toContain('DOCKER_HOST');
  });

  it('rejects quickly, and as worth a retry, while the engine is away', async () => {
    const within = { signal: AbortSignal.timeout(5000), deadline: 0 };
    const away = { code: 'unavailable', retryable: true };
    await expect(driver().list(within)).rejects.toMatchObject(away);
    await expect(driver().inspect('aaaa', within)).rejects.toMatchObject(away);
    await expect(driver().destroy('aaaa', within)).rejects.toMatchObject(away);
  });

  it('names programs that are absent or too old', async () => {
    await serve(engineOf());
    rmSync(path.join(folder, 'docker'));
    program('kind', 'echo "kind v0.11.1 go1.16 linux/amd64"');
    expect(await finding('cluster.docker')).toMatchObject({ level: 'fail', found: `no docker in ${folder}` });
    const old = { level: 'fail', found: expect.stringContaining('0.11.1'), wanted: 'kind 0.24 or later' };
    expect(await finding('cluster.kind')).toMatchObject(old);
    rmSync(path.join(folder, 'kind'));
    expect(await finding('cluster.kind')).toMatchObject({
      level: 'fail',
      fix: expect.stringContaining('install'),
    });
  });

  it.each([
    ['20.10.24', 'fail'],
    ['23.0.6', 'warn'],
    ['24.0.0', 'ok'],
    ['29.1.0', 'ok'],
  ])('takes engine %s for %s', async (ServerVersion, level) => {
    await serve(engineOf({ 'GET /info': { body: { ...SOUND, ServerVersion } } }));
    expect(await finding('cluster.engine')).toMatchObject({ level, found: `Docker engine ${ServerVersion}` });
  });

  it('refuses an engine that would ignore limits, or is not the root of the machine', async () => {
    const info = { ...SOUND, MemoryLimit: false, PidsLimit: false, SecurityOptions: ['name=rootless'] };
    await serve(engineOf({ 'GET /info': { body: info } }));
    expect(await finding('cluster.limits')).toMatchObject({
      level: 'fail',
      found: 'no limit of memory, pids',
    });
    expect(await finding('cluster.rootful')).toMatchObject({ level: 'fail', found: 'name=rootless' });
  });

  it('names the image that is absent, refuses plans until it is there, and fetches it when told', async () => {
    const answers = engineOf({
      'GET /images/node:test/json': { status: 404, body: { message: 'no such image' } },
    });
    await serve(answers);
    const kind = driver();
    expect(await finding('cluster.image', kind)).toMatchObject({
      level: 'warn',
      found: expect.stringContaining('node:test is absent'),
      fix: expect.stringContaining('docker pull node:test'),
    });
    expect(() => kind.plan('aaaa', 1, { nodes: 1 })).toThrow(/unavailable: the node image node:test/);
    expect(asked).not.toContain('POST /images/create');
    answers['POST /images/create'] = { body: '{"status":"Pulling"}\n' };
    const fetching = kind.prepare(AbortSignal.timeout(20_000));
    answers['GET /images/node:test/json'] = { body: { Id: 'sha256:2' } };
    await fetching;
    expect(kind.plan('aaaa', 1, { nodes: 1 }).steps).toHaveLength(3);
  });

  it('reads the default image out of kind itself, and says when it cannot', async () => {
    const unset = () => driver({ image: undefined });
    await serve(engineOf());
    expect(await finding('cluster.image', unset())).toMatchObject({
      level: 'fail',
      fix: 'set WHEELHOUSE_KIND_IMAGE',
    });
    program('kind', `echo "kind v0.30.0"; : kindest/node:v1.34.0@${DIGEST}`);
    const named = {
      level: 'warn',
      found: expect.stringContaining(`kindest/node:v1.34.0@${DIGEST} is absent`),
    };
    expect(await finding('cluster.image', unset())).toMatchObject(named);
  });

  it('changes its base with the image, and with nothing else', async () => {
    const answers = engineOf();
    await serve(answers);
    const [one, two] = [driver(), driver()];
    await one.preflight();
    await two.preflight();
    expect(one.base).toBe(two.base);
    answers['GET /images/node:test/json'] = { body: { Id: 'sha256:2' } };
    await two.preflight();
    expect(one.base).not.toBe(two.base);
  });

  it('says who uses up the pool, and what is no pool', async () => {
    const network = { Id: 'n', Name: 'n', IPAM: { Config: [{ Subnet: '10.253.0.0/25' }] } };
    await serve(engineOf({ 'GET /networks': { body: [network] } }));
    expect(await finding('cluster.pool')).toMatchObject({
      level: 'ok',
      found: '1022 of 10.253.0.0/16 are free',
    });
    expect(await finding('cluster.pool', driver({ networkPool: '10.253.0.0/25' }))).toMatchObject({
      level: 'fail',
      found: expect.stringContaining('10.253.0.0 to 10.253.0.127'),
    });
    expect(await finding('cluster.pool', driver({ networkPool: '10.253.0.0/28' }))).toMatchObject({
      level: 'fail',
      found: expect.stringContaining('/26 or wider'),
    });
  });

  it('tries a privileged container once, and again after a failure', async () => {
    const answers = engineOf();
    const refusal = { status: 500, body: { message: 'unable to apply caps: operation not permitted' } };
    answers['POST /containers/probe/start'] = refusal;
    await serve(answers);
    if (process.getuid?.() !== 0) {
      expect(await finding('cluster.root')).toMatchObject({ level: 'fail' });
      return;
    }
    expect(await finding('cluster.privileged')).toMatchObject({
      level: 'fail',
      found: expect.stringContaining('unable to apply caps'),
    });
    expect(asked).toContain('DELETE /containers/probe');
    answers['POST /containers/probe/start'] = { body: '' };
    for (let boots = 0; boots < 3; boots++) {
      expect(await finding('cluster.privileged')).toMatchObject({ level: 'ok' });
    }
    expect(asked.filter((what) => what === 'POST /containers/create')).toHaveLength(2);
  });
});
