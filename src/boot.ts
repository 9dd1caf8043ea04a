import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { NestFactory } from '@nestjs/core';
import type { Request, Response } from 'express';
import helmet from 'helmet';
import { AppModule } from './app.module.js';
import { AuthRepository } from './auth/auth.repository.js';
import { LearnerTokens } from './auth/learner-token.js';
import { prepareStateDir, readOrCreate, signingSecret } from './auth/secrets.js';
import { systemClock } from './common/clock.js';
import type { Logger } from './common/logger.js';
import type { AppConfig } from './config/app-config.js';
import { ROOT } from './config/root.js';
import { EmbeddedPostgres } from './database/embedded-postgres.js';
import { installId } from './database/install.js';
import { InstanceLock } from './database/instance-lock.js';
import { migrate } from './database/migrator.js';
import { PrismaService } from './database/prisma.service.js';
import type { Runtime } from './core.module.js';
import { chooseClusterDriver } from './drivers/cluster-registry.js';
import { chooseHostDriver } from './drivers/driver-registry.js';
import type { Finding } from './drivers/host-driver.js';
import { openApiDocument } from './http/openapi.js';
import { nestLogger } from './nest-logger.js';
import { SandboxRuntime } from './sandbox/sandbox.runtime.js';
import { UserRepository } from './tenants/user.repository.js';
import { TerminalWsAdapter } from './terminal/ws-adapter.js';

export const VERSION = '0.1.0';

const CSP = {
  directives: {
    defaultSrc: ["'self'"],
    // xterm.js sets styles from script.
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    upgradeInsecureRequests: null,
  },
};

export interface Service {
  app: NestExpressApplication;
  url: string;
  findings: Finding[];
  driver: string;
  /** `adopted` when an embedded server had outlived its service. */
  database: 'external' | 'started' | 'adopted';
  operatorKey: string;
  demoLink: string | undefined;
  close(): Promise<void>;
}

/** Brings the whole service up: state folder, database, migrations, provider, features, reconciliation, listening. */
export async function boot(o: {
  config: AppConfig;
  logger: Logger;
  say: (text: string) => void;
  onLost: () => void;
  /** Called before anything is started, so that a signal during the start can end what there is. */
  onClosable?: (close: () => Promise<void>) => void;
}): Promise<Service> {
  const { config, logger, say } = o;
  prepareStateDir(config.stateDir);
  const closers: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (const closer of closers.toReversed()) await closer();
    closers.length = 0;
  };
  o.onClosable?.(close);
  try {
    const embedded =
      config.databaseUrl === undefined ? new EmbeddedPostgres(config.stateDir, logger) : undefined;
    let database: Service['database'] = 'external';
    if (embedded) {
      say('starting the embedded PostgreSQL');
      closers.push(() => embedded.stop());
      database = await embedded.start();
    }
    const url = config.databaseUrl ?? embedded!.url();
    const lock = new InstanceLock(url, logger, o.onLost);
    await lock.acquire();
    closers.push(() => lock.release());
    const prisma = new PrismaService(url, logger);
    closers.push(() => prisma.close());
    const applied = await migrate(prisma.pool, path.join(ROOT, 'prisma/migrations'));
    if (applied.length > 0) say(`applied migrations: ${applied.join(', ')}`);
    const install = await installId(prisma, config.stateDir);
    say('checking what this machine can run');
    const background = new AbortController();
    closers.push(() => background.abort());
    const cluster = await chooseClusterDriver({
      config,
      installId: install,
      logger,
      signal: background.signal,
    });
    const kubectl = await cluster.driver.kubectl?.();
    const host = await chooseHostDriver({ config, installId: install, logger, kubectl });
    const findings = [...host.findings, ...cluster.findings];
    const { driver } = host;
    const auth = new AuthRepository(prisma);
    const tenantId = await auth.ensureTenant('main');
    const operatorKey = await ensureOperatorKey(auth, tenantId, config.stateDir);
    const secret = signingSecret(config.stateDir, config.secret);
    const runtime: Runtime = {
      config,
      logger,
      clock: systemClock,
      prisma,
      driver,
      clusters: cluster.driver,
      findings,
      secret,
      tenantId,
    };
    const app = await createApp(runtime);
    closers.push(() => app.close());
    const sandboxes = app.get(SandboxRuntime);
    closers.push(() => sandboxes.stop());
    await sandboxes.start();
    await app.listen(config.port, config.host);
    const address = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    const demoLink = config.demo ? await makeDemoLink(runtime, address) : undefined;
    return { app, url: address, findings, driver: driver.name, database, operatorKey, demoLink, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function createApp(runtime: Runtime): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.with(runtime), {
    bodyParser: false,
    logger: nestLogger(runtime.logger),
    abortOnError: false,
    // Streams of events never end by themselves; terminals have said good-bye before this happens.
    forceCloseConnections: true,
  });
  app.useBodyParser('json', { limit: '1mb' });
  app.use(helmet({ contentSecurityPolicy: CSP, strictTransportSecurity: false }));
  app.useStaticAssets(path.join(ROOT, 'web/cohorts'), { prefix: '/console/cohorts', index: 'board.html' });
  app.useStaticAssets(path.join(ROOT, 'web'), { prefix: '/console', index: 'learner.html' });
  app.useStaticAssets(path.join(ROOT, 'dist/web'), { prefix: '/console/client' });
  for (const name of ['xterm', 'addon-fit']) {
    app.useStaticAssets(path.join(ROOT, 'node_modules/@xterm', name), { prefix: `/console/vendor/${name}` });
  }
  app.useWebSocketAdapter(new TerminalWsAdapter(app));
  const document = openApiDocument(app, VERSION);
  app.use('/openapi.json', (_request: Request, response: Response) => void response.json(document));
  await app.init();
  return app;
}

/** The first key, for whoever owns the machine: in the state folder, mode 0600. */
async function ensureOperatorKey(auth: AuthRepository, tenantId: string, stateDir: string): Promise<string> {
  const key = readOrCreate(
    path.join(stateDir, 'operator.key'),
    () => `whk_${randomBytes(32).toString('base64url')}`,
  );
  if (!(await auth.findByKey(key)))
    await auth.createKey({ tenantId, name: 'operator', scopes: ['admin'], key });
  return key;
}

const DEMO_TTL_S = 24 * 3600;

async function makeDemoLink(runtime: Runtime, address: string): Promise<string> {
  const users = new UserRepository(runtime.prisma);
  const userId = await users.ensure(runtime.tenantId, 'demo');
  const claims = { tenantId: runtime.tenantId, userId };
  const { token } = await new LearnerTokens(runtime.secret).mint(claims, DEMO_TTL_S);
  return `${address}/console/#token=${token}`;
}
