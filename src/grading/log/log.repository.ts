import { inflateRawSync } from 'node:zlib';
import { Injectable } from '@nestjs/common';
import type { Prisma } from '../../database/generated/client.js';
import { PrismaService } from '../../database/prisma.service.js';
import type { LogChunk } from './run-log.js';

/** What writes a log: one grader of a run, from its start to its end. */
export interface LogWriter {
  tenantId: string;
  sandboxId: string;
  /** When the grader started, ms since the epoch. */
  segment: number;
}

export interface StoredSegment {
  segment: number;
  /** Lines of each chunk, in order. */
  texts: string[];
}

@Injectable()
export class LogRepository {
  constructor(private readonly prisma: PrismaService) {}

  append(writer: LogWriter, chunks: readonly LogChunk[]): Promise<void> {
    return appendLog(this.prisma.client, writer, chunks);
  }

  /** What earlier graders of the run stored. */
  async size(sandboxId: string): Promise<{ bytes: number; full: boolean }> {
    const { rows } = await this.prisma.pool.query<{ bytes: string | null; full: boolean | null }>(
      'SELECT sum(octet_length("body")) AS bytes, bool_or("full") AS full FROM "RunLog" WHERE "sandboxId" = $1',
      [sandboxId],
    );
    return { bytes: Number(rows[0]?.bytes ?? 0), full: rows[0]?.full ?? false };
  }

  /** Which of the runs have a log, and whether it lacks their end. */
  async kinds(sandboxIds: readonly string[]): Promise<Map<string, 'complete' | 'partial'>> {
    const { rows } = await this.prisma.pool.query<{ id: string; full: boolean }>(
      'SELECT "sandboxId" AS id, bool_or("full") AS full FROM "RunLog" WHERE "sandboxId" = ANY($1) GROUP BY 1',
      [sandboxIds],
    );
    return new Map(rows.map(({ id, full }) => [id, full ? 'partial' : 'complete']));
  }

  async read(sandboxId: string): Promise<StoredSegment[]> {
    const rows = await this.prisma.client.runLog.findMany({
      where: { sandboxId },
      orderBy: [{ segment: 'asc' }, { seq: 'asc' }],
    });
    const segments = new Map<number, string[]>();
    for (const { segment, body } of rows) {
      const texts = segments.get(Number(segment)) ?? [];
      texts.push(inflateRawSync(body).toString('utf8'));
      segments.set(Number(segment), texts);
    }
    return [...segments].map(([segment, texts]) => ({ segment, texts }));
  }
}

/** Twice equals once: what an interrupted write may have stored is sent again. */
export async function appendLog(
  tx: Pick<Prisma.TransactionClient, 'runLog'>,
  { segment, ...of }: LogWriter,
  chunks: readonly LogChunk[],
): Promise<void> {
  if (chunks.length === 0) return;
  await tx.runLog.createMany({
    data: chunks.map((chunk) => ({ ...of, segment: BigInt(segment), ...chunk })),
    skipDuplicates: true,
  });
}
