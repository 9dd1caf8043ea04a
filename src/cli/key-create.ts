import { parseArgs } from 'node:util';
import { AuthRepository } from '../auth/auth.repository.js';
import { SCOPES } from '../auth/principal.js';
import { createLogger } from '../common/logger.js';
import { EmbeddedPostgres } from '../database/embedded-postgres.js';
import { PrismaService } from '../database/prisma.service.js';
import { type Run, UsageError } from './command.js';

export const keyCreate: Run = async (args, context) => {
  const { positionals } = parseArgs({ args, allowPositionals: true });
  const [name, ...scopes] = positionals;
  if (name === undefined || scopes.length === 0) throw new UsageError('a key needs a name and scopes');
  const unknown = scopes.filter((scope) => !(SCOPES as readonly string[]).includes(scope));
  if (unknown.length > 0)
    throw new Error(`no such scope: ${unknown.join(', ')}. There are: ${SCOPES.join(' ')}`);
  const config = context.config();
  const logger = createLogger('error');
  const url = config.databaseUrl ?? new EmbeddedPostgres(config.stateDir, logger).url();
  const prisma = new PrismaService(url, logger);
  try {
    const auth = new AuthRepository(prisma);
    const made = await auth.createKey({ tenantId: await auth.ensureTenant('main'), name, scopes });
    context.out(made.key);
    return 0;
  } finally {
    await prisma.close();
  }
};
