import { silentLogger } from '../../src/common/logger.js';
import { EmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { PrismaService } from '../../src/database/prisma.service.js';
import { LogRepository } from '../../src/grading/log/log.repository.js';
import { differences, type Difference } from '../../src/grading/replay-diff.js';
import { replay } from '../../src/grading/replay.js';
import { labSpecSchema } from '../../src/labs/lab-spec.js';

export interface FoldedAgain {
  /** Transitions that the run went through, as `objective from to`. */
  transitions: string[];
  differences: Difference[];
  /** Of the run as it is folded now. */
  fraction: number | undefined;
  complete: boolean;
}

/** A run of a service of the tests, folded once more from its log, by its own lab. */
export async function foldAgain(stateDir: string, sandboxId: string): Promise<FoldedAgain> {
  const prisma = new PrismaService(new EmbeddedPostgres(stateDir, silentLogger).url(), silentLogger);
  try {
    const row = await prisma.client.sandbox.findUniqueOrThrow({ where: { id: sandboxId } });
    const version = await prisma.client.labVersion.findUniqueOrThrow({ where: { id: row.labVersionId! } });
    const segments = await new LogRepository(prisma).read(sandboxId);
    const found = replay(
      segments.map(({ texts }) => texts),
      labSpecSchema.parse(version.spec),
    );
    return {
      transitions: found.recorded.map(({ subject, from, to }) => `${subject} ${from} ${to}`),
      differences: differences(found.recorded, found.replayed),
      fraction: found.score?.fraction,
      complete: !found.partial && segments.length > 0,
    };
  } finally {
    await prisma.close();
  }
}
