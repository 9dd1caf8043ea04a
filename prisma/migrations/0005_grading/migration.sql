-- What the parameters of a run are drawn from, {seed, avoid}; null = the defaults of the lab.
ALTER TABLE "Sandbox" ADD COLUMN "draw" JSONB;

ALTER TABLE "ObjectiveState"
  -- The state that an error came from.
  ADD COLUMN "cameFrom" TEXT,
  ADD COLUMN "hintsOpen" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "retries" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "unblockedAt" TIMESTAMPTZ(6),
  ADD COLUMN "passedAt" TIMESTAMPTZ(6),
  ADD COLUMN "spentMs" DOUBLE PRECISION NOT NULL DEFAULT 0;

-- What is of a run as a whole: what its learner was last shown, and how it was frozen.
CREATE TABLE "Run" (
  "tenantId" TEXT NOT NULL,
  "sandboxId" TEXT PRIMARY KEY,
  "shown" JSONB,
  "frozenAt" TIMESTAMPTZ(6),
  "cause" TEXT,
  "points" DOUBLE PRECISION,
  "max" DOUBLE PRECISION,
  "fraction" DOUBLE PRECISION,
  "provisional" BOOLEAN NOT NULL DEFAULT false,
  "confirmedAt" TIMESTAMPTZ(6),
  "confirmedBy" TEXT,
  FOREIGN KEY ("tenantId", "sandboxId") REFERENCES "Sandbox" ("tenantId", "id"),
  CHECK ("cause" IN ('asked', 'time-over', 'released', 'lost'))
);
INSERT INTO "Run" ("tenantId", "sandboxId", "frozenAt", "cause")
  SELECT "tenantId", "sandboxId", ("observations" ->> 'at')::timestamptz, 'asked' FROM "Past" WHERE "key" = '$freeze';
DELETE FROM "Past" WHERE "key" = '$freeze';

-- What must not go unnoticed though it changes no state; told of once, also after a restart.
CREATE TABLE "RunFlag" (
  "tenantId" TEXT NOT NULL,
  "sandboxId" TEXT NOT NULL,
  "flag" TEXT NOT NULL,
  "subject" TEXT NOT NULL,
  "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY ("sandboxId", "flag", "subject"),
  FOREIGN KEY ("tenantId", "sandboxId") REFERENCES "Sandbox" ("tenantId", "id")
);

-- Decisions of people about an objective; the latest counts, a null state takes the ones before back.
CREATE TABLE "Override" (
  "tenantId" TEXT NOT NULL,
  "id" BIGSERIAL PRIMARY KEY,
  "sandboxId" TEXT NOT NULL,
  "objectiveId" TEXT NOT NULL,
  "state" TEXT,
  "reason" TEXT NOT NULL,
  "by" TEXT NOT NULL,
  "actor" TEXT NOT NULL,
  "at" TIMESTAMPTZ(6) NOT NULL,
  FOREIGN KEY ("tenantId", "sandboxId") REFERENCES "Sandbox" ("tenantId", "id"),
  CHECK ("state" IN ('passed', 'failed'))
);
CREATE INDEX "Override_sandboxId_id_idx" ON "Override" ("sandboxId", "id");
-- Tokens of other learners are looked for among the runs of the same lab.
CREATE INDEX "Sandbox_tenantId_labSlug_idx" ON "Sandbox" ("tenantId", "labSlug");
