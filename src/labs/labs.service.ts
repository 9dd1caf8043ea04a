import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import type { Logger } from '../common/logger.js';
import { LOGGER } from '../common/logger.token.js';
import { RUNTIME, type Runtime } from '../core.module.js';
import { syncLabFolders } from './folder-sync.js';
import { labSpecSchema, type LabSpec } from './lab-spec.js';
import type { LabFiles } from './lab-folder.js';
import type { LabProblem } from './lab-yaml.js';
import { LabRepository, type StoredVersion } from './lab.repository.js';

export interface LabVersionRef {
  labId: string;
  labVersionId: string;
  slug: string;
  spec: LabSpec;
  digest: string;
  files: LabFiles;
}

@Injectable()
export class LabsService implements OnModuleInit {
  private broken = new Map<string, LabProblem[]>();

  constructor(
    private readonly repository: LabRepository,
    @Inject(RUNTIME) private readonly runtime: Pick<Runtime, 'config' | 'tenantId'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    const { config, tenantId } = this.runtime;
    const { repository, logger } = this;
    this.broken = await syncLabFolders({ folders: config.labsDirs, tenantId, repository, logger });
  }

  /** Problems of the folders that were left out, by folder name; the lead for an operator. */
  problems(): ReadonlyMap<string, LabProblem[]> {
    return this.broken;
  }

  /** Quick: for whoever keeps what it read of a version, which never changes. */
  currentVersionId(tenantId: string, slug: string): Promise<string | undefined> {
    return this.repository.currentId(tenantId, slug);
  }

  /** Rejects with AppError not_found, lab_not_published or lab_invalid. */
  async resolvePublished(tenantId: string, slug: string): Promise<LabVersionRef> {
    const found = await this.repository.current(tenantId, slug);
    if (found) {
      if (found.state !== 'published') {
        throw new AppError('lab_not_published', `The lab "${slug}" has no published version.`);
      }
      return parse(found);
    }
    const problems = this.broken.get(slug);
    if (problems) {
      throw new AppError(
        'lab_invalid',
        `The folder of the lab "${slug}" is malformed; correct it and start again.`,
        {
          errors: problems.map(({ file, path, message, line, column }) => ({
            path: path === '' ? file : `${file}: ${path}`,
            message,
            line,
            column,
          })),
        },
      );
    }
    throw new AppError('not_found', `There is no lab "${slug}". GET /v1/labs lists them.`);
  }

  /** Any version, retired ones too: running sandboxes keep theirs. */
  async byVersionId(tenantId: string, labVersionId: string): Promise<LabVersionRef> {
    const found = await this.repository.byId(tenantId, labVersionId);
    if (!found) throw new AppError('not_found', `There is no lab version "${labVersionId}".`);
    return parse(found);
  }

  async list(tenantId: string): Promise<LabVersionRef[]> {
    const all = await this.repository.allCurrent(tenantId);
    return all
      .filter((v) => v.state === 'published')
      .flatMap((v) => {
        try {
          return [parse(v)];
        } catch (error) {
          // A version of an older format must not hide the others.
          this.logger.warn({ err: error, lab: v.slug }, 'a stored lab version cannot be read');
          return [];
        }
      });
  }

  async versions(tenantId: string, slug: string): Promise<StoredVersion[]> {
    const found = await this.repository.versions(tenantId, slug);
    if (found.length === 0)
      throw new AppError('not_found', `There is no lab "${slug}". GET /v1/labs lists them.`);
    return found;
  }
}

function parse(stored: StoredVersion): LabVersionRef {
  const parsed = labSpecSchema.safeParse(stored.spec);
  if (!parsed.success) {
    throw new AppError(
      'lab_invalid',
      `The stored version of the lab "${stored.slug}" is not of this format.`,
    );
  }
  const { labId, labVersionId, slug, digest, files } = stored;
  return { labId, labVersionId, slug, digest, files, spec: parsed.data };
}
