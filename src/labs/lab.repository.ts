import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { PrismaService } from '../database/prisma.service.js';
import type { LabFiles } from './lab-folder.js';

export interface StoredVersion {
  labId: string;
  labVersionId: string;
  slug: string;
  digest: string;
  version: string;
  state: string;
  spec: unknown;
  files: LabFiles;
  createdAt: Date;
}

@Injectable()
export class LabRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Stores the version if its digest is new, and makes it the current one. Running sandboxes keep theirs. */
  async publish(
    tenantId: string,
    lab: { slug: string; digest: string; version: string; raw: unknown; files: LabFiles },
  ): Promise<void> {
    await this.prisma.client.$transaction(async (tx) => {
      const row = await tx.lab.upsert({
        where: { tenantId_slug: { tenantId, slug: lab.slug } },
        create: { tenantId, id: newId('lab'), slug: lab.slug },
        update: {},
      });
      const version = await tx.labVersion.upsert({
        where: { tenantId_labId_digest: { tenantId, labId: row.id, digest: lab.digest } },
        create: {
          tenantId,
          id: newId('lv'),
          labId: row.id,
          digest: lab.digest,
          version: lab.version,
          spec: lab.raw as object,
          files: lab.files,
        },
        update: {},
      });
      if (row.currentVersionId === version.id) return;
      await tx.lab.update({ where: { id: row.id }, data: { currentVersionId: version.id } });
    });
  }

  /** The published version of the moment, without its texts. */
  async currentId(tenantId: string, slug: string): Promise<string | undefined> {
    const where = { tenantId_slug: { tenantId, slug } };
    const lab = await this.prisma.client.lab.findUnique({ where, select: { currentVersionId: true } });
    if (!lab?.currentVersionId) return undefined;
    const published = { tenantId, id: lab.currentVersionId, state: 'published' };
    return (await this.prisma.client.labVersion.findFirst({ where: published, select: { id: true } }))?.id;
  }

  async current(tenantId: string, slug: string): Promise<StoredVersion | undefined> {
    const lab = await this.prisma.client.lab.findUnique({ where: { tenantId_slug: { tenantId, slug } } });
    return lab?.currentVersionId ? this.byId(tenantId, lab.currentVersionId) : undefined;
  }

  async byId(tenantId: string, labVersionId: string): Promise<StoredVersion | undefined> {
    const row = await this.prisma.client.labVersion.findFirst({ where: { tenantId, id: labVersionId } });
    if (!row) return undefined;
    const lab = await this.prisma.client.lab.findUniqueOrThrow({ where: { id: row.labId } });
    return stored(row, lab.slug);
  }

  async allCurrent(tenantId: string): Promise<StoredVersion[]> {
    const labs = await this.prisma.client.lab.findMany({
      where: { tenantId, currentVersionId: { not: null } },
      orderBy: { slug: 'asc' },
    });
    const rows = await this.prisma.client.labVersion.findMany({
      where: { tenantId, id: { in: labs.map((lab) => lab.currentVersionId!) } },
    });
    return labs.flatMap((lab) => {
      const row = rows.find((r) => r.id === lab.currentVersionId);
      return row ? [stored(row, lab.slug)] : [];
    });
  }

  async versions(tenantId: string, slug: string): Promise<StoredVersion[]> {
    const lab = await this.prisma.client.lab.findUnique({ where: { tenantId_slug: { tenantId, slug } } });
    if (!lab) return [];
    const rows = await this.prisma.client.labVersion.findMany({
      where: { tenantId, labId: lab.id },
      orderBy: { createdAt: 'desc' },
      take: 100,
    });
    return rows.map((row) => stored(row, slug));
  }
}

interface Row {
  id: string;
  labId: string;
  digest: string;
  version: string;
  state: string;
  spec: unknown;
  files: unknown;
  createdAt: Date;
}

function stored({ id, ...row }: Row, slug: string): StoredVersion {
  return { ...row, labVersionId: id, slug, files: row.files as LabFiles };
}
