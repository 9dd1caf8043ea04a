import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Logger } from './common/logger.js';
import type { AppConfig } from './config/app-config.js';
import { accountIsOurs, removeDatabaseAccount } from './database/account.js';
import { EmbeddedPostgres } from './database/embedded-postgres.js';
import { InstanceLock } from './database/instance-lock.js';
import { sweepMachine } from './drivers/sweep.js';

/** All that Wheelhouse ever puts into its state folder. Nothing else in there is touched, whatever it is. */
const OURS = [
  'image',
  'db',
  'db.new',
  'postgres',
  'postgres.log',
  'hosts',
  'clusters',
  'recordings',
  'probe',
  'probe.json',
  'runtime.lock',
].concat(['install-id', 'secret', 'operator.key']);

const LEFT = `Left as they are: Debian packages that were installed, node_modules and dist of this checkout, and a
PostgreSQL database of yours if DATABASE_URL named one.`;

/** Removes all that Wheelhouse put on the machine, packages apart, and says what it leaves. */
export async function uninstall(
  config: AppConfig,
  logger: Logger,
  say: (text: string) => void,
): Promise<void> {
  const { stateDir } = config;
  if (!existsSync(stateDir)) {
    say(`nothing to do: ${stateDir} does not exist`);
    return;
  }
  const idFile = path.join(stateDir, 'install-id');
  // A set-up that never served has an image and no id; a folder with neither is somebody else's.
  const foreign = readdirSync(stateDir).filter((name) => !OURS.includes(name));
  if (!existsSync(idFile) && foreign.length > 0) {
    const names = foreign.slice(0, 3).join(', ');
    throw new Error(`${stateDir} is no state folder of Wheelhouse (it holds ${names}): nothing was removed`);
  }
  await refuseWhileServing(config, logger);
  if (existsSync(idFile)) {
    say('releasing lab hosts, clusters, networks, mounts and control groups');
    const installId = readFileSync(idFile, 'utf8').trim();
    await sweepMachine({ stateDir, installId, dockerHost: config.dockerHost });
  }
  if (existsSync(path.join(stateDir, 'db'))) {
    say('stopping the embedded PostgreSQL');
    await new EmbeddedPostgres(stateDir, logger).stop();
  }
  removeState(stateDir, say);
  if (accountIsOurs()) {
    say('removing the account of the database');
    await removeDatabaseAccount().catch(() => say('the account is in use by another installation and stays'));
  }
  say(LEFT);
}

/** The id goes last, so that an interrupted removal can be repeated. */
function removeState(stateDir: string, say: (text: string) => void): void {
  say(`removing what Wheelhouse keeps in ${stateDir}`);
  const names = readdirSync(stateDir).filter((name) => OURS.includes(name) && name !== 'install-id');
  for (const name of [...names, 'install-id'])
    rmSync(path.join(stateDir, name), { recursive: true, force: true });
  const rest = readdirSync(stateDir);
  if (rest.length > 0) {
    return say(`${stateDir} stays, as it holds what is not ours: ${rest.slice(0, 5).join(', ')}`);
  }
  try {
    rmdirSync(stateDir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    say(`${stateDir} stays empty, as it is a mount of this container's`);
  }
}

/** A service holds the lock of its database for as long as it lives. */
async function refuseWhileServing(config: AppConfig, logger: Logger): Promise<void> {
  const embedded = new EmbeddedPostgres(config.stateDir, logger);
  if (config.databaseUrl === undefined && !embedded.runs()) return;
  const lock = new InstanceLock(config.databaseUrl ?? embedded.url(), logger, () => undefined);
  try {
    await lock.acquire(500);
  } catch (error) {
    throw new Error(`a service may be running on ${config.stateDir}: stop it first`, { cause: error });
  }
  await lock.release();
}
