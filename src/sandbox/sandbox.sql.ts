const COLUMNS = `"tenantId" text, id text, "userId" text, "labId" text, "labSlug" text, "labVersionId" text,
  state text, intent text, version int, attempt int, slot int, cost jsonb, seed text, draw jsonb, requires text[], tier text,
  "createdAt" timestamptz, "readyAt" timestamptz, "openedAt" timestamptz, "expiresAt" timestamptz,
  "lastActivityAt" timestamptz, "endedAt" timestamptz, extensions int, "replacesId" text,
  "failureCode" text, "failureDetail" text, "cohortId" text, "handRaisedAt" timestamptz, base text, "heldAt" timestamptz, cluster jsonb, "clusterPhase" text`;

/** Events and steps of the rows that were written, in the same statement and so in the same transaction. */
const FOLLOW = `,
events AS (
  INSERT INTO "Event" ("tenantId", type, "sandboxId", "userId", "cohortId", payload)
  SELECT e."tenantId", e.type, e."sandboxId", e."userId", written."cohortId", e.payload
  FROM jsonb_to_recordset($2::jsonb) AS e("tenantId" text, type text, "sandboxId" text, "userId" text, payload jsonb)
  JOIN written ON written.id = e."sandboxId"
),
steps AS (
  INSERT INTO "SandboxStep" ("tenantId", "sandboxId", attempt, ordinal, name, state, "startedAt", "endedAt", error)
  SELECT s."tenantId", s."sandboxId", s.attempt, s.ordinal, s.name, s.state, s."startedAt", s."endedAt", s.error
  FROM jsonb_to_recordset($3::jsonb) AS s("tenantId" text, "sandboxId" text, attempt int, ordinal int, name text,
    state text, "startedAt" timestamptz, "endedAt" timestamptz, error text)
  JOIN written ON written.id = s."sandboxId"
  ON CONFLICT ("sandboxId", attempt, ordinal) DO UPDATE
    SET state = EXCLUDED.state, "startedAt" = EXCLUDED."startedAt", "endedAt" = EXCLUDED."endedAt", error = EXCLUDED.error
)
SELECT id FROM written`;

export const INSERT = `WITH written AS (
  INSERT INTO "Sandbox" ("tenantId", id, "userId", "labId", "labSlug", "labVersionId", state, intent, version, attempt,
    slot, cost, seed, draw, requires, tier, base, cluster, "clusterPhase", "createdAt", "expiresAt", "replacesId", "cohortId")
  SELECT "tenantId", id, "userId", "labId", "labSlug", "labVersionId", state, intent, version, attempt,
    slot, cost, seed, draw, requires, tier, base, cluster, "clusterPhase", "createdAt", "expiresAt", "replacesId", "cohortId"
  FROM jsonb_to_recordset($1::jsonb) AS r(${COLUMNS})
  ON CONFLICT DO NOTHING
  RETURNING id, "cohortId"
)${FOLLOW}`;

export const UPDATE = `WITH written AS (
  UPDATE "Sandbox" AS s SET state = r.state, intent = r.intent, version = s.version + 1, attempt = r.attempt,
    "tenantId" = r."tenantId", "userId" = r."userId", "labId" = r."labId", "labSlug" = r."labSlug",
    "labVersionId" = r."labVersionId", cost = r.cost, draw = r.draw, requires = r.requires, tier = r.tier, "heldAt" = r."heldAt",
    cluster = r.cluster, "clusterPhase" = r."clusterPhase", "replacesId" = r."replacesId", slot = r.slot, "readyAt" = r."readyAt", "openedAt" = r."openedAt", "expiresAt" = r."expiresAt",
    "lastActivityAt" = r."lastActivityAt", "endedAt" = r."endedAt",
    extensions = r.extensions, "failureCode" = r."failureCode", "failureDetail" = r."failureDetail",
    "cohortId" = r."cohortId", "handRaisedAt" = r."handRaisedAt"
  FROM jsonb_to_recordset($1::jsonb) AS r(${COLUMNS})
  WHERE s.id = r.id AND s.version = r.version
  RETURNING s.id, s."cohortId"
)${FOLLOW}`;

export const NOTE_STEP = `INSERT INTO "SandboxStep"
  ("tenantId", "sandboxId", attempt, ordinal, name, state, "startedAt", "endedAt", error)
  SELECT "tenantId", "sandboxId", attempt, ordinal, name, state, "startedAt", "endedAt", error
  FROM jsonb_to_recordset($1::jsonb) AS s("tenantId" text, "sandboxId" text, attempt int, ordinal int, name text,
    state text, "startedAt" timestamptz, "endedAt" timestamptz, error text)
  ON CONFLICT ("sandboxId", attempt, ordinal) DO UPDATE SET state = EXCLUDED.state, "endedAt" = EXCLUDED."endedAt"`;
