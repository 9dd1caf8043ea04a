import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '../common/logger.js';
import { LabFolderError, readLabFolder } from './lab-folder.js';
import { loadLab } from './lab-loader.js';
import type { LabProblem } from './lab-yaml.js';
import type { LabRepository } from './lab.repository.js';

/**
 * Publishes every sound lab folder. A malformed one is told of and left out: it must not keep the service, nor the
 * other labs, from starting. Returns the problems by folder name.
 */
export async function syncLabFolders(o: {
  folders: readonly string[];
  tenantId: string;
  repository: LabRepository;
  logger: Logger;
}): Promise<Map<string, LabProblem[]>> {
  const broken = new Map<string, LabProblem[]>();
  for (const parent of o.folders) {
    for (const slug of await namesIn(parent, o.logger)) {
      const problems = await syncOne(path.join(parent, slug), slug, o);
      if (problems.length === 0) continue;
      broken.set(slug, problems);
      const lines = problems
        .slice(0, 10)
        .map((p) => `${p.file}:${p.line ?? 1}:${p.column ?? 1} ${p.path}: ${p.message}`);
      o.logger.warn({ lab: slug, problems: lines }, 'a lab folder is malformed and was left out');
    }
  }
  return broken;
}

async function namesIn(parent: string, logger: Logger): Promise<string[]> {
  try {
    const names = (await readdir(parent)).filter((name) => !name.startsWith('.')).sort();
    const folders = await Promise.all(
      names.map(async (name) => (await stat(path.join(parent, name))).isDirectory()),
    );
    return names.filter((_, i) => folders[i]);
  } catch (error) {
    logger.warn({ err: error, folder: parent }, 'a folder of labs cannot be read; see WHEELHOUSE_LABS');
    return [];
  }
}

async function syncOne(
  folder: string,
  slug: string,
  o: { tenantId: string; repository: LabRepository },
): Promise<LabProblem[]> {
  let files;
  try {
    files = await readLabFolder(folder);
  } catch (error) {
    if (error instanceof LabFolderError) return [error.problem];
    return [{ file: '.', path: '', message: (error as Error).message, level: 'error' }];
  }
  const lab = loadLab(slug, files);
  if (!lab.ok) return lab.problems;
  const { digest, raw, spec } = lab;
  await o.repository.publish(o.tenantId, { slug, digest, version: spec.version, raw, files });
  return [];
}
