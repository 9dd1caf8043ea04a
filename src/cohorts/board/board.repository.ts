import type { PrismaService } from '../../database/prisma.service.js';
import type { SandboxRow } from '../../sandbox/sandbox-row.js';

export interface ObjectiveRecord {
  objectiveId: string;
  state: string;
  since: Date;
  credited: boolean;
  attempts: number;
  /** Bit n-1 = hint n was taken. */
  hintLevel: number;
  hintCost: number;
  unblockedAt: Date | null;
  passedAt: Date | null;
}

export interface EventRecord {
  type: string;
  payload: Record<string, unknown>;
  at: Date;
}

/** All that the rows say of one run. */
export interface RunRecord {
  objectives: ObjectiveRecord[];
  /** Of the types below, oldest first; the feed keeps them for 7 days. */
  events: EventRecord[];
  flags: { flag: string; subject: string }[];
  /** Ids of the tripwires that were tripped. */
  trips: string[];
  /** Objectives that the engine of this run cannot support. */
  leftOut: string[];
  /** Decisions of people: the latest for each objective. */
  overrides: { objectiveId: string; state: string | null }[];
  frozen: { points: number | null; max: number | null; fraction: number | null; provisional: boolean } | null;
}

/** Payload `{attached: boolean}`: the first terminal was attached, or the last one detached. */
export const ATTENDED = 'terminal.attended';
const TYPES = [ATTENDED, 'objective.state'];
/** Before the id of a tripwire: a row of `Past` that says when it was tripped. */
const TRIP_KEY = '$trip.';
/** The row of `Past` that says what was left out. */
const PLAN_KEY = '$plan';

type Of<T> = T & { sandboxId: string };

export class BoardRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** The latest sandbox of each learner and lab. */
  async sandboxes(cohortId: string): Promise<SandboxRow[]> {
    const { rows } = await this.prisma.pool.query<SandboxRow>(
      `SELECT DISTINCT ON ("userId", "labSlug") * FROM "Sandbox" WHERE "cohortId" = $1 AND "userId" IS NOT NULL
       ORDER BY "userId", "labSlug", "createdAt" DESC`,
      [cohortId],
    );
    return rows;
  }

  async sandbox(id: string): Promise<SandboxRow | undefined> {
    const { rows } = await this.prisma.pool.query<SandboxRow>('SELECT * FROM "Sandbox" WHERE id = $1', [id]);
    return rows[0];
  }

  async records(sandboxIds: string[]): Promise<Map<string, RunRecord>> {
    const [objectives, events, flags, past, overrides, frozen] = await Promise.all([
      this.read<ObjectiveRecord>(
        `SELECT "sandboxId", "objectiveId", state, since, credited, attempts, "hintLevel", "hintCost", "unblockedAt",
           "passedAt" FROM "ObjectiveState" WHERE "sandboxId" = ANY ($1)`,
        sandboxIds,
      ),
      this.read<EventRecord>(
        `SELECT "sandboxId", type, payload, at FROM "Event" WHERE "sandboxId" = ANY ($1) AND type = ANY ($2)
         ORDER BY id`,
        sandboxIds,
        TYPES,
      ),
      this.read<{ flag: string; subject: string }>(
        'SELECT "sandboxId", flag, subject FROM "RunFlag" WHERE "sandboxId" = ANY ($1)',
        sandboxIds,
      ),
      this.read<{ key: string; leftOut: Record<string, unknown> | null }>(
        `SELECT "sandboxId", key, observations -> 'leftOut' AS "leftOut" FROM "Past"
         WHERE "sandboxId" = ANY ($1) AND (key = '${PLAN_KEY}' OR key LIKE '${TRIP_KEY}%')`,
        sandboxIds,
      ),
      this.read<{ objectiveId: string; state: string | null }>(
        `SELECT DISTINCT ON ("sandboxId", "objectiveId") "sandboxId", "objectiveId", state FROM "Override"
         WHERE "sandboxId" = ANY ($1) ORDER BY "sandboxId", "objectiveId", id DESC`,
        sandboxIds,
      ),
      this.read<NonNullable<RunRecord['frozen']>>(
        `SELECT "sandboxId", points, max, fraction, provisional FROM "Run"
         WHERE "sandboxId" = ANY ($1) AND "frozenAt" IS NOT NULL`,
        sandboxIds,
      ),
    ]);
    const records = new Map<string, RunRecord>(sandboxIds.map((id) => [id, emptyRecord()]));
    const put = <T>(rows: Of<T>[], keep: (record: RunRecord, row: Of<T>) => void): void => {
      for (const row of rows) keep(records.get(row.sandboxId)!, row);
    };
    put(objectives, (record, row) => record.objectives.push(row));
    put(events, (record, row) => record.events.push(row));
    put(flags, (record, row) => record.flags.push(row));
    put(past, (record, { key, leftOut }) => {
      if (key === PLAN_KEY) record.leftOut = Object.keys(leftOut ?? {});
      else record.trips.push(key.slice(TRIP_KEY.length));
    });
    put(overrides, (record, row) => record.overrides.push(row));
    put(frozen, (record, row) => (record.frozen = row));
    return records;
  }

  private async read<T>(sql: string, ...values: unknown[]): Promise<Of<T>[]> {
    const { rows } = await this.prisma.pool.query<Of<T> & Record<string, unknown>>(sql, values);
    return rows;
  }
}

export function emptyRecord(): RunRecord {
  return { objectives: [], events: [], flags: [], trips: [], leftOut: [], overrides: [], frozen: null };
}
