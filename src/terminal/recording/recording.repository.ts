import type { PrismaService } from '../../database/prisma.service.js';
import { RECORDING_KEPT_DAYS } from '../limits.js';

export interface RecordingRow {
  id: string;
  tenantId: string;
  terminalId: string;
  sandboxId: string;
  state: string;
  startedAt: Date;
}

const KEPT_MS = RECORDING_KEPT_DAYS * 24 * 3_600_000;

/** What is recorded of which terminal; the files bear the ids. */
export class RecordingRepository {
  constructor(private readonly prisma: PrismaService) {}

  async insert(row: Omit<RecordingRow, 'state' | 'startedAt'> & { epoch: string }): Promise<void> {
    const startedAt = new Date();
    const expiresAt = new Date(startedAt.getTime() + KEPT_MS);
    await this.prisma.client.recording.create({ data: { ...row, state: 'running', startedAt, expiresAt } });
  }

  async ended(id: string, state: 'complete' | 'stopped', bytes: number): Promise<void> {
    await this.prisma.client.recording.updateMany({
      where: { id },
      data: { state, bytes: BigInt(bytes), endedAt: new Date() },
    });
  }

  /** Recordings of a service that is gone end where it ended. */
  async endOpen(): Promise<void> {
    await this.prisma.client.recording.updateMany({
      where: { state: 'running' },
      data: { state: 'complete', endedAt: new Date() },
    });
  }

  /** The latest of a terminal. */
  ofTerminal(tenantId: string, terminalId: string): Promise<RecordingRow | null> {
    return this.prisma.client.recording.findFirst({
      where: { tenantId, terminalId },
      orderBy: { startedAt: 'desc' },
    });
  }

  expired(): Promise<RecordingRow[]> {
    return this.prisma.client.recording.findMany({ where: { expiresAt: { lt: new Date() } }, take: 100 });
  }

  async remove(id: string): Promise<void> {
    await this.prisma.client.recording.deleteMany({ where: { id } });
  }

  async tenantAllows(tenantId: string): Promise<boolean> {
    const row = await this.prisma.client.tenant.findUnique({
      where: { id: tenantId },
      select: { recording: true },
    });
    return row?.recording ?? false;
  }
}
