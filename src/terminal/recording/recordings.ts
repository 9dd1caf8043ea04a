import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { AuditLog } from '../../audit/audit-log.js';
import type { Clock } from '../../common/clock.js';
import { newId } from '../../common/ids.js';
import type { LabsService } from '../../labs/labs.service.js';
import type { LiveSandbox } from '../../sandbox/live-sandbox.js';
import type { TerminalSession } from '../session.js';
import { castFile } from './cast-file.js';
import { CastRecorder } from './cast-recorder.js';
import type { Recorder, RecorderStop } from './recorder.js';
import type { RecordingRepository, RecordingRow } from './recording.repository.js';

interface RecordingsDeps {
  repository: RecordingRepository;
  labs: LabsService;
  audit: AuditLog;
  clock: Clock;
  /** WHEELHOUSE_RECORDING: nothing is recorded without it. */
  on: boolean;
  folder: string;
  patterns: readonly string[];
  /** Runs a write that no shell waits for. */
  note: (write: Promise<unknown>) => void;
}

const WHY: Record<RecorderStop, string> = {
  truncated: 'The recording has reached its size limit and has stopped; the terminal goes on.',
  disk: 'The recording has stopped, as it cannot be written; the terminal goes on.',
};

const SETTLE_MS = 2000;

/** Recordings of terminals: who may be recorded, the files, and their end. */
export class Recordings {
  /** Ids of files that are not closed yet, and who waits for them. */
  private readonly open = new Set<string>();
  private idle: () => void = () => undefined;

  constructor(private readonly deps: RecordingsDeps) {
    if (deps.on) mkdirSync(deps.folder, { recursive: true, mode: 0o700 });
  }

  /** The service, the tenant and the lab must all allow it. */
  async allowed({ tenantId, labVersionId }: LiveSandbox): Promise<boolean> {
    if (!this.deps.on || !(await this.deps.repository.tenantAllows(tenantId))) return false;
    const { spec } = await this.deps.labs.byVersionId(tenantId, labVersionId);
    return spec.sandbox.host.recording;
  }

  /** For a command that has just started. */
  start(sandbox: LiveSandbox, session: TerminalSession, command: string): Recorder {
    const { repository, clock, audit, note } = this.deps;
    const { tenantId, id: sandboxId, seed } = sandbox;
    const id = newId('rec');
    let state: 'complete' | 'stopped' = 'complete';
    this.open.add(id);
    note(repository.insert({ tenantId, id, terminalId: session.id, sandboxId, epoch: session.epoch }));
    return new CastRecorder({
      ring: session.ring,
      file: castFile(this.file(id)),
      header: {
        ...session.size,
        timestamp: Math.floor(clock.now() / 1000),
        title: session.name,
        command,
        tags: [sandbox.labSlug, sandboxId],
      },
      redaction: { literals: [seed], patterns: this.deps.patterns },
      clock,
      moved: () => session.pace(),
      stopped: (why) => {
        state = 'stopped';
        session.notice('warn', 'recording_stopped', WHY[why]);
        const detail = { recording: id, why };
        audit.record({
          tenantId,
          actor: 'service',
          action: 'recording.stopped',
          subject: session.id,
          detail,
        });
      },
      closed: (bytes) => {
        note(repository.ended(id, state, bytes));
        this.open.delete(id);
        if (this.open.size === 0) this.idle();
      },
    });
  }

  /** Resolves when every file is closed, or after two seconds. The terminals have ended. */
  async settled(): Promise<void> {
    if (this.open.size === 0) return;
    await new Promise<void>((resolve) => {
      this.idle = resolve;
      this.deps.clock.after(SETTLE_MS, resolve);
    });
  }

  file(id: string): string {
    return path.join(this.deps.folder, `${id}.cast`);
  }

  /** File and row; a recording that still runs ends with its file, which nobody can read any more. */
  async remove(row: RecordingRow, actor: string): Promise<void> {
    await rm(this.file(row.id), { force: true });
    await this.deps.repository.remove(row.id);
    this.deps.audit.record({
      tenantId: row.tenantId,
      actor,
      action: 'recording.deleted',
      subject: row.terminalId,
      detail: { recording: row.id },
    });
  }

  /** What a service that is gone left open. */
  endOpen(): Promise<void> {
    return this.deps.repository.endOpen();
  }

  /** After 30 days nothing is kept. */
  async prune(): Promise<void> {
    for (const row of await this.deps.repository.expired()) await this.remove(row, 'service');
  }
}
