-- Cohorts: who learns together, when, and with how much.
CREATE TABLE "Cohort" (
  "tenantId" TEXT NOT NULL REFERENCES "Tenant" ("id"),
  "id" TEXT PRIMARY KEY,
  "slug" TEXT NOT NULL,
  "title" TEXT NOT NULL,
  "opensAt" TIMESTAMPTZ(6),
  "closesAt" TIMESTAMPTZ(6),
  "individualise" BOOLEAN NOT NULL DEFAULT false,
  "prewarm" JSONB NOT NULL,
  "maxSandboxes" INTEGER,
  "maxSandboxesPerUser" INTEGER,
  "createdAt" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CHECK ("opensAt" IS NULL OR "closesAt" IS NULL OR "opensAt" < "closesAt")
);
CREATE UNIQUE INDEX "Cohort_tenantId_slug_key" ON "Cohort" ("tenantId", "slug");
CREATE UNIQUE INDEX "Cohort_tenantId_id_key" ON "Cohort" ("tenantId", "id");

CREATE TABLE "Membership" (
  "tenantId" TEXT NOT NULL,
  "cohortId" TEXT NOT NULL,
  "userId" TEXT NOT NULL,
  "role" TEXT NOT NULL DEFAULT 'learner',
  "group" TEXT,
  "createdAt" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY ("cohortId", "userId"),
  FOREIGN KEY ("tenantId", "cohortId") REFERENCES "Cohort" ("tenantId", "id") ON DELETE CASCADE,
  FOREIGN KEY ("tenantId", "userId") REFERENCES "User" ("tenantId", "id"),
  CHECK ("role" IN ('learner', 'instructor'))
);
CREATE INDEX "Membership_tenantId_userId_idx" ON "Membership" ("tenantId", "userId");

-- Quotas: of living sandboxes at once, for one user of a tenant, and for one user alone.
ALTER TABLE "Tenant" ADD COLUMN "maxSandboxesPerUser" INTEGER;
ALTER TABLE "User" ADD COLUMN "maxSandboxes" INTEGER;

-- What was done in a cohort stays when the cohort goes.
ALTER TABLE "Sandbox" ADD COLUMN "cohortId" TEXT;
ALTER TABLE "Sandbox" ADD COLUMN "handRaisedAt" TIMESTAMPTZ(6);
ALTER TABLE "Sandbox" ADD FOREIGN KEY ("tenantId", "cohortId") REFERENCES "Cohort" ("tenantId", "id")
  ON DELETE SET NULL ("cohortId");
CREATE INDEX "Sandbox_cohortId_idx" ON "Sandbox" ("cohortId");

ALTER TABLE "Event" ADD COLUMN "cohortId" TEXT;
CREATE INDEX "Event_cohortId_id_idx" ON "Event" ("cohortId", "id");
