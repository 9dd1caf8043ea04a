import { Injectable } from '@nestjs/common';
import { durationMs } from '../labs/duration.js';
import { wishesOf } from '../labs/lab-plan.js';
import type { LabFiles } from '../labs/lab-folder.js';
import type { LabSpec } from '../labs/lab-spec.js';
import { LabsService } from '../labs/labs.service.js';
import { prepareLab } from '../labs/prepared-lab.js';
import { shellEnv } from '../labs/params.js';
import { drawsSetup, setupManifests } from '../labs/setup-manifests.js';
import { waitForPreconditions } from '../grading/preconditions.js';
import { LabCatalogue, type LabRef } from './lab-catalogue.js';

interface Published {
  labId: string;
  labVersionId: string;
  spec: LabSpec;
  files: LabFiles;
}

/** A new version of a lab is seen this much later at most. */
const CURRENT_MS = 1000;
const MAX_CACHED = 1000;

/** The catalogue over the labs feature. A version never changes, so each is read and parsed once. */
@Injectable()
export class CatalogueOfLabs extends LabCatalogue {
  private readonly versions = new Map<string, LabRef>();
  private readonly current = new Map<string, { ref: LabRef; until: number }>();

  constructor(private readonly labs: LabsService) {
    super();
  }

  override async resolve(tenantId: string, slug: string): Promise<LabRef> {
    const key = `${tenantId} ${slug}`;
    const cached = this.current.get(key);
    if (cached && cached.until > performance.now()) return cached.ref;
    const ref = await this.read(tenantId, slug);
    if (this.current.size >= MAX_CACHED) this.current.clear();
    this.current.set(key, { ref, until: performance.now() + CURRENT_MS });
    this.keep(ref);
    return ref;
  }

  /** The texts of a lab are large: they are read once per version. */
  private async read(tenantId: string, slug: string): Promise<LabRef> {
    const id = await this.labs.currentVersionId(tenantId, slug);
    const known = id === undefined ? undefined : this.versions.get(id);
    return known ?? toRef(await this.labs.resolvePublished(tenantId, slug));
  }

  override async byVersion(tenantId: string, labVersionId: string): Promise<LabRef> {
    const cached = this.versions.get(labVersionId);
    if (cached) return cached;
    return this.keep(toRef(await this.labs.byVersionId(tenantId, labVersionId)));
  }

  override async withCluster(tenantId: string): Promise<LabRef[]> {
    const labs = await this.labs.list(tenantId);
    return labs.filter((lab) => lab.spec.sandbox.cluster).map((lab) => this.keep(toRef(lab)));
  }

  private keep(ref: LabRef): LabRef {
    if (this.versions.size >= MAX_CACHED) this.versions.clear();
    this.versions.set(ref.labVersionId, ref);
    return ref;
  }
}

function toRef({ labId, labVersionId, spec, files }: Published): LabRef {
  const defaults = setupManifests(spec, files);
  return {
    labId,
    labVersionId,
    slug: spec.id,
    durationMs: durationMs(spec.duration),
    extendByMs: durationMs(spec.extendBy),
    requires: wishesOf(spec),
    needs: spec.sandbox.requires,
    cluster: spec.sandbox.cluster ?? null,
    setup: (draw) => (draw ? setupManifests(spec, files, draw) : defaults),
    drawsSetup: drawsSetup(spec, files),
    shellEnv: (draw) => shellEnv(spec, draw),
    settled: ({ draw, ...cluster }, o) =>
      waitForPreconditions({ lab: prepareLab(spec, draw), ...cluster, ...o }),
  };
}
