import path from 'node:path';
import { AuthRepository } from './auth/auth.repository.js';
import { SCOPES } from './auth/principal.js';
import { createLogger } from './common/logger.js';
import { type AppConfig, loadConfig } from './config/app-config.js';
import { EmbeddedPostgres } from './database/embedded-postgres.js';
import { PrismaService } from './database/prisma.service.js';
import { doctor } from './doctor/doctor.js';
import { readLabFolder } from './labs/lab-folder.js';
import { loadLab } from './labs/lab-loader.js';
import { uninstall } from './uninstall.js';

const USAGE = `wheelhouse <command>
  doctor                       what this machine can run, as text; --json for programs;
                               --fix raises limits of the kernel until the next reboot
  key create <name> <scope…>   an API key for a platform; scopes: sandboxes:read sandboxes:write users:write
                               labs:read events:read admin
  lab lint <folder…>           checks lab folders
  uninstall                    removes all that Wheelhouse put on the machine, packages apart
`;

const out = (text: string) => process.stdout.write(`${text}\n`);

async function createKey(config: AppConfig, name: string, scopes: string[]): Promise<number> {
  const unknown = scopes.filter((scope) => !(SCOPES as readonly string[]).includes(scope));
  if (unknown.length > 0)
    throw new Error(`no such scope: ${unknown.join(', ')}. There are: ${SCOPES.join(' ')}`);
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

/** One line per problem, as compilers print them; 1 when any lab has an error. */
async function lintLabs(folders: string[]): Promise<number> {
  let broken = 0;
  for (const folder of folders) {
    const slug = path.basename(path.resolve(folder));
    const files = await readLabFolder(folder).catch((error: unknown) => {
      out(`${folder}: error: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    });
    const lab = files && loadLab(slug, files);
    for (const p of lab?.problems ?? []) {
      const where = p.path === '' ? '' : `${p.path}: `;
      out(`${path.join(folder, p.file)}:${p.line ?? 1}:${p.column ?? 1}: ${p.level}: ${where}${p.message}`);
    }
    if (lab?.ok) out(`${folder}: sound, digest ${lab.digest.slice(0, 12)}`);
    else broken++;
  }
  return broken === 0 ? 0 : 1;
}

async function main(argv: string[]): Promise<number> {
  const config = loadConfig(process.env, { cwd: process.cwd(), isRoot: process.getuid?.() === 0 });
  const [command, sub, name, ...rest] = argv;
  if (command === 'doctor') {
    return doctor({ config, json: argv.includes('--json'), fix: argv.includes('--fix'), out });
  }
  if (command === 'key' && sub === 'create' && name !== undefined && rest.length > 0) {
    return createKey(config, name, rest);
  }
  if (command === 'lab' && sub === 'lint' && name !== undefined) return lintLabs([name, ...rest]);
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
