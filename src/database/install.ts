import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { newId } from '../common/ids.js';
import type { PrismaService } from './prisma.service.js';

/**
 * The installation's id marks everything that it makes on the machine. State folder and database must agree: with the
 * wrong pair, the service would take another one's lab hosts for leftovers.
 */
export async function installId(prisma: PrismaService, stateDir: string): Promise<string> {
  const file = path.join(stateDir, 'install-id');
  const row = await prisma.client.install.findFirst();
  const known = existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  if (row && known !== undefined && known !== row.id) {
    throw new Error(
      `${file} says ${known}, the database belongs to ${row.id}: correct DATABASE_URL or WHEELHOUSE_STATE_DIR`,
    );
  }
  const id = known ?? row?.id ?? newId('key').slice(4);
  if (known === undefined) {
    writeFileSync(`${file}.tmp`, `${id}\n`, { mode: 0o644 });
    renameSync(`${file}.tmp`, file);
  }
  if (!row) await prisma.client.install.create({ data: { id } });
  return id;
}
