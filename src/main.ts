import { boot } from './boot.js';
import { createLogger } from './common/logger.js';
import { ConfigError, loadConfig } from './config/app-config.js';

const say = (text: string) => process.stdout.write(`wheelhouse: ${text}\n`);

async function main(): Promise<void> {
  const config = loadConfig(process.env, { cwd: process.cwd(), isRoot: process.getuid?.() === 0 });
  const logger = createLogger(config.logLevel);
  let stopping = false;
  let close = (): Promise<void> => Promise.resolve();

  const stop = async (why: string, code: number): Promise<void> => {
    if (stopping) return;
    stopping = true;
    say(`stopping (${why}); running sandboxes stay and are taken over by the next start`);
    await close();
    process.exit(code);
  };
  // Before the database starts: a signal during boot must not leave it behind.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(signal, 0));
  process.on('unhandledRejection', (error) => logger.error({ err: error }, 'unhandled rejection'));

  const service = await boot({
    config,
    logger,
    say,
    onLost: () => void stop('another service took over', 1),
    onClosable: (closeAll) => (close = closeAll),
  });
  for (const f of service.findings.filter((finding) => finding.level !== 'ok')) {
    say(`${f.level}: ${f.code}: found ${f.found}, wanted ${f.wanted}${f.fix ? `; fix: ${f.fix}` : ''}`);
  }
  if (service.driver === 'none') {
    say('lab hosts cannot run here: the API, the labs and the console are served, sandboxes are refused');
  }
  say(`state in ${config.stateDir}, operator key in ${config.stateDir}/operator.key`);
  say(`serving on ${service.url}`);
  const works = service.driver === 'none' ? 'without sandboxes' : 'ready to use';
  if (service.demoLink) say(`learner page, ${works}: ${service.demoLink}`);
}

main().catch((error: unknown) => {
  const text =
    error instanceof ConfigError
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  process.stderr.write(`wheelhouse: cannot start\n${text}\n`);
  process.exit(1);
});
