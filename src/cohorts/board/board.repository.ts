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

const RECORDS = `SELECT id AS "sandboxId",
  (SELECT jsonb_agg(o) FROM (
    SELECT "objectiveId", state, since, credited, attempts, "hintLevel", "hintCost", "unblockedAt", "passedAt"
    FROM "ObjectiveState" WHERE "sandboxId" = s.id) o) AS objectives,
  (SELECT jsonb_agg(e) FROM (
    SELECT type, payload, at FROM "Event" WHERE "sandboxId" = s.id AND type = ANY ($2) ORDER BY "Event".id) e) AS events,
  (SELECT jsonb_agg(f) FROM (SELECT flag, subject FROM "RunFlag" WHERE "sandboxId" = s.id) f) AS flags,
  (SELECT jsonb_agg(p) FROM (
    SELECT key, observations -> 'leftOut' AS "leftOut" FROM "Past"
    WHERE "sandboxId" = s.id AND (key = '${PLAN_KEY}' OR key LIKE '${TRIP_KEY}%')) p) AS past,
  (SELECT jsonb_agg(d) FROM (
    SELECT DISTINCT ON ("objectiveId") "objectiveId", state FROM "Override" WHERE "sandboxId" = s.id
    ORDER BY "objectiveId", "Override".id DESC) d) AS overrides,
  (SELECT jsonb_build_object('points', points, 'max', max, 'fraction', fraction, 'provisional', provisional)
    FROM "Run" WHERE "sandboxId" = s.id AND "frozenAt" IS NOT NULL) AS frozen
FROM unnest($1::text[]) AS s(id)`;

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

  /** One question for all that is asked: a board asks many times a second. */
  async records(sandboxIds: string[]): Promise<Map<string, RunRecord>> {
    const { rows } = await this.prisma.pool.query<Of<Found>>({
      name: 'board-records',
      text: RECORDS,
      values: [sandboxIds, TYPES],
    });
    return new Map(rows.map((row) => [row.sandboxId, recordOf(row)]));
  }
}

/** As JSON has it: times are text. */
interface Found {
  objectives: Record<keyof ObjectiveRecord, unknown>[] | null;
  events: Record<keyof EventRecord, unknown>[] | null;
  flags: RunRecord['flags'] | null;
  past: { key: string; leftOut: Record<string, unknown> | null }[] | null;
  overrides: RunRecord['overrides'] | null;
  frozen: RunRecord['frozen'];
}

function recordOf({ objectives, events, flags, past, overrides, frozen }: Found): RunRecord {
  const marks = past ?? [];
  return {
    objectives: (objectives ?? []).map((row) =>
      withDates(row, ['since', 'unblockedAt', 'passedAt']),
    ) as unknown as ObjectiveRecord[],
    events: (events ?? []).map((row) => withDates(row, ['at'])) as unknown as EventRecord[],
    flags: flags ?? [],
    trips: marks.filter(({ key }) => key !== PLAN_KEY).map(({ key }) => key.slice(TRIP_KEY.length)),
    leftOut: Object.keys(marks.find(({ key }) => key === PLAN_KEY)?.leftOut ?? {}),
    overrides: overrides ?? [],
    frozen,
  };
}

function withDates(row: Record<string, unknown>, names: string[]): Record<string, unknown> {
  const dates = names.map((name) => [name, row[name] === null ? null : new Date(row[name] as string)]);
  return { ...row, ...Object.fromEntries(dates) };
}

export function emptyRecord(): RunRecord {
  return { objectives: [], events: [], flags: [], trips: [], leftOut: [], overrides: [], frozen: null };
}
