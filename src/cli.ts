import { AuthRepository } from './auth/auth.repository.js';
import { prepareStateDir } from './auth/secrets.js';
import { createLogger } from './common/logger.js';
import { type AppConfig, loadConfig } from './config/app-config.js';
import { EmbeddedPostgres } from './database/embedded-postgres.js';
import { PrismaService } from './database/prisma.service.js';
import { chooseHostDriver } from './drivers/driver-registry.js';
import { uninstall } from './uninstall.js';

const USAGE = `wheelhouse <command>
  doctor                       what this machine can run, as text; --json for programs
  key create <name> <scope…>   an API key for a platform; scopes: sandboxes:read sandboxes:write users:write
                               labs:read events:read admin
  lab lint <folder…>           checks lab folders
  uninstall                    removes all that Wheelhouse put on the machine, packages apart
`;

const out = (text: string) => process.stdout.write(`${text}\n`);

async function doctor(config: AppConfig, json: boolean): Promise<number> {
  const logger = createLogger('error');
  prepareStateDir(config.stateDir);
  const provider = config.hostProvider === 'oci' ? 'auto' : config.hostProvider;
  const { driver, findings } = await chooseHostDriver({
    config: { ...config, hostProvider: provider },
    installId: 'doctor',
    logger,
  });
  if (json) out(JSON.stringify({ hostProvider: driver.name, findings }));
  for (const f of json ? [] : findings) {
    out(`${f.level.padEnd(4)} ${f.code}: ${f.found}${f.level === 'ok' ? '' : ` (wanted: ${f.wanted})`}`);
    if (f.level !== 'ok' && f.fix) out(`     fix: ${f.fix}`);
  }
  return findings.some((f) => f.level === 'fail') ? 1 : 0;
}

async function createKey(config: AppConfig, name: string, scopes: string[]): Promise<number> {
  const logger = createLogger('error');
  const url = config.databaseUrl ?? new EmbeddedPostgres(config.stateDir, logger).url();
  const prisma = new PrismaService(url, logger);
  try {
    const auth = new AuthRepository(prisma);
    const made = await auth.createKey({ tenantId: await auth.ensureTenant('main'), name, scopes });
    out(made.key);
    return 0;
  } finally {
    await prisma.close();
  }
}

async function main(argv: string[]): Promise<number> {
  const config = loadConfig(process.env, { cwd: process.cwd(), isRoot: process.getuid?.() === 0 });
  const [command, sub, name, ...rest] = argv;
  if (command === 'doctor') return doctor(config, argv.includes('--json'));
  if (command === 'key' && sub === 'create' && name !== undefined && rest.length > 0) {
    return createKey(config, name, rest);
  }
  if (command === 'uninstall') {
    await uninstall(config, createLogger('error'), out);
    return 0;
  }
  process.stderr.write(USAGE);
  return 2;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`wheelhouse: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
