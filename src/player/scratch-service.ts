import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { boot } from '../boot.js';
import { createLogger } from '../common/logger.js';
import { type AppConfig, loadConfig } from '../config/app-config.js';
import type { Finding } from '../drivers/host-driver.js';
import type { LabFiles } from '../labs/lab-folder.js';
import { CannotTry } from './cannot-try.js';
import { abandonedScratchFolders, makeScratchFolder, removeScratchFolder } from './scratch-folder.js';

/** Ids of lab hosts: behind all those of a service with the default base, and one of 16 ranges by chance of the folder. */
const UID_BASE = 0x40000000;
const RANGE = 256 * 65536;
const RANGES = 16;

export interface ScratchService {
  url: string;
  operatorKey: string;
  /** Releases everything and removes the state folder. */
  remove(): Promise<void>;
}

/**
 * A service of its own for the time of a trial: own state folder, own database, a port that is free. What runs on this
 * machine already is not touched. Rejects with CannotTry when the machine cannot run it.
 */
export async function startScratchService(o: {
  /** Of the environment, for the image, the container runtime and the node image. */
  config: AppConfig;
  env: NodeJS.ProcessEnv;
  labs: ReadonlyMap<string, LabFiles>;
  clusters: boolean;
  say: (text: string) => void;
}): Promise<ScratchService> {
  const { dockerHost } = o.config;
  for (const folder of abandonedScratchFolders()) {
    o.say(`removing ${folder}, which an interrupted trial left`);
    await removeScratchFolder(folder, dockerHost);
  }
  const folder = makeScratchFolder();
  writeLabs(path.join(folder, 'labs'), o.labs);
  let close = (): Promise<void> => Promise.resolve();
  const remove = async (): Promise<void> => {
    await close();
    await removeScratchFolder(folder, dockerHost);
  };
  try {
    const service = await boot({
      config: scratchConfig(folder, o),
      // What is written to standard output is the trial's own.
      logger: createLogger('error', 2),
      say: () => undefined,
      onLost: () => undefined,
      onClosable: (closeAll) => (close = closeAll),
    });
    if (service.driver === 'none') throw new CannotTry(lacking(service.findings));
    const { url, operatorKey } = service;
    return { url, operatorKey, remove };
  } catch (error) {
    await remove();
    throw error instanceof CannotTry ? error : new CannotTry((error as Error).message, { cause: error });
  }
}

function writeLabs(folder: string, labs: ReadonlyMap<string, LabFiles>): void {
  for (const [slug, files] of labs) {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(folder, slug, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }
}

function scratchConfig(
  folder: string,
  o: { config: AppConfig; env: NodeJS.ProcessEnv; clusters: boolean },
): AppConfig {
  const env: NodeJS.ProcessEnv = {
    ...o.env,
    DATABASE_URL: undefined,
    HOST: '127.0.0.1',
    PORT: '0',
    STATE_DIR: undefined,
    WHEELHOUSE_STATE_DIR: folder,
    WHEELHOUSE_LABS: path.join(folder, 'labs'),
    WHEELHOUSE_IMAGE_DIR: imageOf(o.config),
    WHEELHOUSE_UID_BASE: String(UID_BASE + (seedOf(folder) % RANGES) * RANGE),
    WHEELHOUSE_HOST_PROVIDER: 'auto',
    WHEELHOUSE_CLUSTER_PROVIDER: o.clusters ? 'kind' : 'none',
    WHEELHOUSE_POOL: 'off',
    WHEELHOUSE_DEMO: 'false',
  };
  // Left out and undefined are not the same to a list of known names.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
  return loadConfig(given, { cwd: folder, isRoot: process.getuid?.() === 0 });
}

/** The link is followed now: another set-up may point it elsewhere meanwhile. */
function imageOf({ imageDir }: AppConfig): string {
  try {
    return realpathSync(imageDir);
  } catch {
    return imageDir;
  }
}

function seedOf(folder: string): number {
  return Buffer.from(folder).reduce((sum, byte) => (sum * 31 + byte) % 65_521, 7);
}

function lacking(findings: readonly Finding[]): string {
  const failed = findings.filter(({ level }) => level === 'fail');
  const lines = failed.map(({ code, found, fix }) => `  ${code}: ${found}${fix ? `; fix: ${fix}` : ''}`);
  return ['lab hosts cannot run here:', ...lines].join('\n');
}
